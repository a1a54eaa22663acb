// gridlock check: the static pass over a compile database, files, facts or a binary.
//
// Extract on all cores, link, derive, write. What is asked for is checked before the work begins:
// each way in which the job cannot be done is one line on stderr and exit code 2.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <span>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/common_options.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/read_file.h"
#include "analyzer/cli/static_filters.h"
#include "analyzer/extract/frontend.h"
#include "analyzer/facts/io.h"
#include "analyzer/link/link.h"

namespace gridlock::cli {
namespace {

struct CheckOptions {
  CommonOptions common;
  std::string build;
  std::string root;
  std::string diff;
  std::vector<std::string> files;
  std::vector<std::string> rules;
  std::vector<std::string> programs;
  std::vector<std::string> models;
};

// What the command line asks for, sorted.
struct Inputs {
  std::vector<extract::CompileCommand> commands;
  std::vector<std::string> facts;
  std::string root;  // real path
};

bool startsWith(const std::string& file, std::string_view magic) {
  std::ifstream in(file, std::ios::binary);
  std::string head(magic.size(), '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  return in && head == magic;
}

std::string realPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
  return error ? path : real.string();
}

// The folder that holds all sources, where there is no repository to tell.
std::string commonFolder(const std::vector<extract::CompileCommand>& commands) {
  std::filesystem::path common;
  for (const extract::CompileCommand& command : commands) {
    const std::filesystem::path folder = std::filesystem::path(realPath(command.file)).parent_path();
    if (common.empty()) {
      common = folder;
      continue;
    }
    const auto end = std::mismatch(common.begin(), common.end(), folder.begin(), folder.end()).first;
    std::filesystem::path shared;
    for (auto at = common.begin(); at != end; ++at) shared /= *at;
    common = shared;
  }
  return common.string();
}

Result<Inputs> gather(const CheckOptions& options, const Invocation& invocation) {
  Inputs inputs;
  std::vector<std::string> sources;
  for (const std::string& file : options.files) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) return Error{"no such file", file};
    if (std::filesystem::is_directory(file, error))
      return Error{"this is a folder; give the folder of a compile database with -p", file};
    if (file.ends_with(".glf") || startsWith(file, "GRLKFACT")) {
      inputs.facts.push_back(file);
    } else if (startsWith(file,
                          "\x7f"
                          "ELF")) {
      return Error{"this binary carries no facts", file};
    } else {
      sources.push_back(file);
    }
  }

  std::string root = options.root;
  const bool wants_database = !invocation.has_dashes && (!sources.empty() || options.files.empty());
  if (invocation.has_dashes) {
    if (sources.empty()) return Error{"no source files before --"};
    for (const std::string& source : sources)
      inputs.commands.push_back(extract::commandFor(source, invocation.dashed));
  } else if (wants_database) {
    const std::string build = options.build.empty() ? "." : options.build;
    Result<std::vector<extract::CompileCommand>> database = extract::readCompileDatabase(build);
    if (!database) {
      Error error = database.error();
      if (options.build.empty()) error.message += " (give its folder with -p, or compiler flags after --)";
      return error;
    }
    if (database->empty()) return Error{"the compile database is empty", build};
    if (options.files.empty()) {
      inputs.commands = *database;
    } else {
      for (const std::string& source : sources) {
        const std::vector<extract::CompileCommand> found = extract::commandsOf(*database, source);
        if (found.empty()) return Error{"not in the compile database of " + build, source};
        inputs.commands.insert(inputs.commands.end(), found.begin(), found.end());
      }
    }
    if (root.empty()) {
      root = extract::findRoot(build);
      if (root == realPath(build)) root = commonFolder(*database);
    }
  }
  inputs.root = realPath(root.empty() ? "." : root);
  return inputs;
}

// "[12/340] src/a.c" on one line that is rewritten.
class Progress {
 public:
  explicit Progress(bool shown) : shown_(shown) {}
  ~Progress() { clear(); }

  void show(const std::string& text) {
    if (!shown_) return;
    constexpr std::size_t kWidth = 78;
    const std::string line = text.size() > kWidth ? text.substr(0, kWidth - 1) + "…" : text;
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
    dirty_ = true;
  }
  void clear() {
    if (dirty_) std::fputs("\r\033[K", stderr);
    dirty_ = false;
  }

 private:
  bool shown_;
  bool dirty_ = false;
};

Status readFacts(std::string_view bytes, const std::string& name, std::vector<facts::Unit>& units) {
  Result<std::vector<facts::Unit>> read = facts::readUnits(std::as_bytes(std::span(bytes)), name);
  if (!read) return read.error();
  for (facts::Unit& unit : *read) units.push_back(std::move(unit));
  return ok();
}

int runCheck(CheckOptions& options, const Invocation& invocation) {
  const auto started = std::chrono::system_clock::now();
  link::LinkOptions link_options{.programs = options.programs,
                                 .rules = {},
                                 .model_files = options.models,
                                 .jobs = static_cast<unsigned>(jobs(options.common))};
  for (const std::string& id : options.rules) {
    const std::optional<model::Rule> rule = model::ruleFromId(id);
    if (!rule) return fail({"no rule is called '" + id + "' (see gridlock explain)"});
    link_options.rules.push_back(*rule);
  }
  Result<model::Filters> filters = loadFilters(options.common);
  if (!filters) return fail(filters.error());
  std::optional<DiffLines> diff;
  if (!options.diff.empty()) {
    Result<std::string> text = readFile(options.diff);
    if (!text) return fail(text.error());
    Result<DiffLines> parsed = parseDiff(*text, options.diff);
    if (!parsed) return fail(parsed.error());
    diff = *parsed;
  }
  Result<Inputs> inputs = gather(options, invocation);
  if (!inputs) return fail(inputs.error());

  std::vector<facts::Unit> units;
  std::vector<model::FailedUnit> failed;
  for (const std::string& file : inputs->facts) {
    Result<std::string> bytes = readFile(file);
    if (!bytes) return fail(bytes.error());
    const Status read = readFacts(*bytes, file, units);
    if (!read) failed.push_back({file, read.error().message});
  }
  {
    Progress progress(!options.common.quiet && isatty(STDERR_FILENO));
    extract::FrontendOptions frontend;
    frontend.root = inputs->root;
    frontend.tool_version = std::string(model::toolVersion());
    frontend.cache_folder = extract::FactsCache::defaultFolder();
    frontend.jobs = static_cast<unsigned>(jobs(options.common));
    frontend.progress = [&progress](std::size_t done, std::size_t all, const std::string& file) {
      progress.show("[" + std::to_string(done) + "/" + std::to_string(all) + "] " + file);
    };
    extract::Extraction extraction = extract::extractUnits(inputs->commands, frontend);
    for (extract::ExtractedUnit& unit : extraction.units) {
      if (!unit.error.empty()) failed.push_back({unit.file, unit.error});
      if (unit.bytes.empty()) continue;
      const Status read = readFacts(unit.bytes, unit.file, units);
      if (!read) failed.push_back({unit.file, read.error().message});
      std::string().swap(unit.bytes);
    }
    progress.clear();
    for (const auto& [flag, count] : extraction.dropped_flags)
      warn("flag " + flag + " is not known to Clang and was left out (" + std::to_string(count) +
           (count == 1 ? " unit)" : " units)"));
    progress.show("linking " + std::to_string(units.size()) + " units");
  }
  if (units.empty()) {
    if (failed.empty()) return fail({"nothing to check"});
    return fail(
        {failed.size() == 1 ? failed[0].error : "no unit could be parsed; the first: " + failed[0].error,
         failed[0].file});
  }

  const std::vector<SwitchedOff> switched_off = collectNolints(units);
  const std::size_t unit_count = units.size();
  Result<model::Report> report = link::link(std::move(units), link_options);
  if (!report) return fail(report.error());
  if (report->runs.empty()) report->runs.emplace_back();
  model::Run& run = report->runs.front();
  run.kind = model::RunKind::Static;
  run.units = static_cast<int>(unit_count);
  run.failed_units = std::move(failed);
  run.complete = run.failed_units.empty();
  describeRun(run, invocation, started);
  for (const model::FailedUnit& unit : run.failed_units) warn(unit.file + ": " + unit.error);

  DeliverOptions deliver_options;
  deliver_options.source_roots = {inputs->root};
  deliver_options.adjust = [&](model::Report& derived) {
    keepRules(derived, link_options.rules);
    applyNolints(derived, switched_off);
    if (diff) keepTouched(derived, *diff);
  };
  std::vector<model::Report> parts;
  parts.push_back(std::move(*report));
  Result<Delivery> delivered = deliver(std::move(parts), options.common, *filters, deliver_options);
  if (!delivered) return fail(delivered.error());
  return delivered->counts ? kFindings : kNothingFound;
}

}  // namespace

void addCheckCommand(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand("check", "Check sources without running them");
  addCommonOptions(*command, options->common);
  command->add_option("-p,--build", options->build, "Folder of compile_commands.json");
  command->add_option(
      "--root", options->root,
      "The project's root; files are named relative to it (default with -p: the top folder of the "
      "repository)");
  command->add_option("--rule", options->rules, "Report this rule only (repeatable)")
      ->type_name("ID")
      ->allow_extra_args(false);
  command->add_option("--program", options->programs, "Check this program only (repeatable)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_option("--models", options->models, "What library functions do (repeatable)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command->add_option("--diff", options->diff, "Report only what touches the lines of this unified diff")
      ->type_name("FILE");
  command->add_option("files", options->files, "Sources, facts files or a binary with facts");
  command->footer(
      "Compiler flags may follow after --: then the files are taken as they are, without a database.");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return runCheck(*options, invocation); };
  });
}

}  // namespace gridlock::cli
