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
#include <memory>
#include <optional>
#include <set>

#include "analyzer/cli/binaries.h"
#include "analyzer/cli/check_inputs.h"
#include "analyzer/cli/commands.h"
#include "analyzer/cli/common_options.h"
#include "analyzer/cli/fixes.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/read_file.h"
#include "analyzer/cli/static_filters.h"
#include "analyzer/extract/frontend.h"
#include "analyzer/facts/hash.h"
#include "analyzer/facts/object_file.h"
#include "analyzer/link/link.h"
#include "analyzer/report/writer.h"

namespace gridlock::cli {
namespace {

struct CheckOptions {
  CommonOptions common;
  UnitLimits limits;
  std::string build;
  std::string root;
  std::string diff;
  std::string export_fixes;
  bool fix = false;
  std::vector<std::string> files;
  std::vector<std::string> rules;
  std::vector<std::string> programs;
  std::vector<std::string> models;
};

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

// Units that are linked together: all sources, facts, objects and static libraries of the command line
// are one group, each program and shared library is one of its own.
struct Group {
  std::string name;  // empty: the common one
  std::vector<facts::Unit> units;
  facts::Hasher content;  // of all their facts
};

struct Gathered {
  std::vector<Group> groups{Group{}};
  std::vector<model::FailedUnit> failed;
};

void readFacts(std::string_view bytes, const std::string& name, Gathered& out) {
  std::vector<Error> errors;
  facts::readChunks({bytes, name}, out.groups[0].units, errors);
  out.groups[0].content.add(bytes);
  for (const Error& error : errors)
    out.failed.push_back({name, error.place.empty() ? error.message : error.place + ": " + error.message});
  if (errors.empty() && bytes.find_first_not_of('\0') == std::string_view::npos)
    out.failed.push_back({name, "no facts in it"});
}

void readBinaries(const std::vector<std::string>& files, Gathered& out) {
  std::set<std::string> libraries_read;
  for (const std::string& file : files) {
    Result<BinaryFacts> binary = readBinary(file);
    if (!binary) {
      const Error& error = binary.error();
      out.failed.push_back({error.file.empty() ? file : error.file, error.message});
      continue;
    }
    for (const Error& error : binary->errors)
      out.failed.push_back(
          {error.file, error.place.empty() ? error.message : error.place + ": " + error.message});
    for (const std::string& library : binary->not_found)
      warn(file + ": the shared library " + library + " is not found; its facts are missing if it has any");
    libraries_read.merge(binary->libraries_read);
    const bool is_linked =
        binary->kind == facts::ObjectKind::Program || binary->kind == facts::ObjectKind::SharedLibrary;
    if (is_linked) out.groups.push_back({file, {}, {}});
    Group& group = is_linked ? out.groups.back() : out.groups.front();
    group.content.add(binary->content);
    for (facts::Unit& unit : binary->units) group.units.push_back(std::move(unit));
  }
  // A library that was read with its program is not linked once more alone.
  std::erase_if(out.groups, [&](const Group& group) {
    std::error_code error;
    const std::string real = std::filesystem::weakly_canonical(group.name, error).string();
    return !group.name.empty() && libraries_read.count(real) != 0;
  });
}

FileHashes hashesOf(const std::vector<Group>& groups) {
  FileHashes out;
  for (const Group& group : groups)
    for (const facts::Unit& unit : group.units)
      for (const facts::File& file : unit.files)
        if (!file.system) out[unit.strings[file.path]] = file.content_hash;
  return out;
}

// --fix and --export-fixes, after the report was written: `report` is what it says.
Status deliverFixes(const CheckOptions& options, const model::Report& report, bool with_proposals,
                    const std::string& root, const FileHashes& hashes) {
  const FixSet fixes = collectFixes(report, with_proposals);
  if (!options.export_fixes.empty()) {
    const Status written = report::writeFile(options.export_fixes, fixesAsYaml(fixes, root));
    if (!written) return written.error();
  }
  if (!options.fix) return ok();
  Result<Applied> applied = applyFixes(fixes, root, hashes);
  if (!applied) return applied.error();
  for (const std::string& line : applied->left_out) warn(line);
  if (!options.common.quiet)
    std::fprintf(stderr, "gridlock: %zu %s applied, in %zu %s\n", applied->fixes,
                 applied->fixes == 1 ? "fix" : "fixes", applied->files,
                 applied->files == 1 ? "file" : "files");
  return ok();
}

// All that a linked report depends on. Nothing where a model file cannot be read: then linking says so.
std::optional<std::uint64_t> keyOf(const Group& group, const link::LinkOptions& options) {
  facts::Hasher key;
  key.add(group.content.value());
  for (const std::string& program : options.programs) key.add(std::string_view(program));
  key.add(std::uint64_t{options.programs.size()});
  for (const model::Rule rule : options.rules) key.add(static_cast<std::uint64_t>(rule));
  key.add(std::uint64_t{options.rules.size()});
  for (const std::string& file : options.model_files) {
    Result<std::string> text = readFile(file);
    if (!text) return std::nullopt;
    key.add(std::string_view(*text));
  }
  return key.value();
}

// The analysed report is kept beside the linked one: lock orders take longer than all that is left to do.
constexpr std::uint64_t kAnalysed = 1;

// The key of the analysed report; nothing where several programs are joined.
std::optional<std::uint64_t> analysisKey(const std::vector<Group>& groups, const link::LinkOptions& options) {
  const Group* only = nullptr;
  for (const Group& group : groups) {
    if (group.units.empty()) continue;
    if (only) return std::nullopt;
    only = &group;
  }
  const std::optional<std::uint64_t> linked = only ? keyOf(*only, options) : std::nullopt;
  if (!linked) return std::nullopt;
  facts::Hasher key;
  key.add(*linked);
  key.add(kAnalysed);
  return key.value();
}

std::optional<model::Report> findAnalysed(const extract::FactsCache& cache,
                                          const std::optional<std::uint64_t>& key) {
  const std::optional<std::string> known = key ? cache.findResult(*key) : std::nullopt;
  if (!known) return std::nullopt;
  Result<model::Report> report = report::readJson(*known, "the cache");
  if (!report || report->runs.size() != 1) return std::nullopt;
  report->runs.front().command.clear();  // the command of another call
  return *report;
}

Result<model::Report> linkGroup(Group& group, const link::LinkOptions& options,
                                const extract::FactsCache& cache) {
  const std::optional<std::uint64_t> key = keyOf(group, options);
  if (const std::optional<std::string> known = key ? cache.findResult(*key) : std::nullopt) {
    Result<model::Report> report = report::readJson(*known, "the cache");
    if (report) return report;
  }
  Result<model::Report> report = link::link(std::move(group.units), options);
  if (report && key) cache.storeResult(*key, report::writeJson(*report));
  return report;
}

// One report for each group. A program name must occur in one of them.
Result<std::vector<model::Report>> linkGroups(std::vector<Group> groups, const link::LinkOptions& options) {
  const extract::FactsCache cache(extract::FactsCache::defaultFolder(), "");
  std::vector<model::Report> reports;
  std::optional<Error> error;
  for (Group& group : groups) {
    if (group.units.empty()) continue;
    const auto count = static_cast<int>(group.units.size());
    Result<model::Report> report = linkGroup(group, options, cache);
    if (!report) {
      error = report.error();
      if (options.programs.empty()) break;
      continue;
    }
    if (report->runs.empty()) report->runs.emplace_back();
    report->runs.front().kind = model::RunKind::Static;
    report->runs.front().units = count;
    reports.push_back(std::move(*report));
  }
  if (error && (reports.empty() || options.programs.empty())) return *error;
  return reports;
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
  std::string diff_text;
  if (!options.diff.empty()) {
    Result<std::string> text = readFile(options.diff);
    if (!text) return fail(text.error());
    Result<DiffLines> parsed = parseDiff(*text, options.diff);
    if (!parsed) return fail(parsed.error());
    diff = *parsed;
    diff_text = *text;
  }
  Result<CheckInputs> inputs = gatherInputs(options.files, options.build, options.root, invocation);
  if (!inputs) return fail(inputs.error());
  for (const std::string& line : findMisfits(diff_text, options.diff, inputs->root)) warn(line);

  Gathered gathered;
  for (const std::string& file : inputs->facts) {
    Result<std::string> bytes = readFile(file);
    if (!bytes) return fail(bytes.error());
    readFacts(*bytes, file, gathered);
  }
  {
    Progress progress(!options.common.quiet && isatty(STDERR_FILENO));
    extract::FrontendOptions frontend;
    frontend.root = inputs->root;
    frontend.tool_version = std::string(model::toolVersion());
    frontend.cache_folder = extract::FactsCache::defaultFolder();
    frontend.jobs = static_cast<unsigned>(jobs(options.common));
    frontend.time_limit = std::chrono::seconds(options.limits.seconds);
    frontend.memory_limit = static_cast<std::size_t>(options.limits.megabytes) << 20;
    frontend.progress = [&progress](std::size_t done, std::size_t all, const std::string& file) {
      progress.show("[" + std::to_string(done) + "/" + std::to_string(all) + "] " + file);
    };
    extract::Extraction extraction = extract::extractUnits(inputs->commands, frontend);
    for (extract::ExtractedUnit& unit : extraction.units) {
      if (!unit.error.empty()) gathered.failed.push_back({unit.file, unit.error});
      if (unit.bytes.empty()) continue;
      readFacts(unit.bytes, unit.file, gathered);
      std::string().swap(unit.bytes);
    }
    progress.clear();
    for (const auto& [flag, count] : extraction.dropped_flags)
      warn("flag " + flag + " is not known to Clang and was left out (" + std::to_string(count) +
           (count == 1 ? " unit)" : " units)"));
    readBinaries(inputs->binaries, gathered);
  }
  std::size_t unit_count = 0;
  std::vector<SwitchedOff> switched_off;
  for (const Group& group : gathered.groups) {
    unit_count += group.units.size();
    const std::vector<SwitchedOff> more = collectNolints(group.units);
    switched_off.insert(switched_off.end(), more.begin(), more.end());
  }
  const FileHashes hashes = options.fix ? hashesOf(gathered.groups) : FileHashes();
  const std::vector<model::FailedUnit>& failed = gathered.failed;
  if (unit_count == 0) {
    if (failed.empty()) return fail({"nothing to check"});
    return fail(
        {failed.size() == 1 ? failed[0].error : "no unit could be parsed; the first: " + failed[0].error,
         failed[0].file});
  }

  const extract::FactsCache cache(extract::FactsCache::defaultFolder(), "");
  const std::optional<std::uint64_t> key = analysisKey(gathered.groups, link_options);
  std::optional<model::Report> known = findAnalysed(cache, key);
  const bool is_known = known.has_value();
  Result<std::vector<model::Report>> linked = [&]() -> Result<std::vector<model::Report>> {
    if (known) return std::vector<model::Report>{std::move(*known)};
    Progress progress(!options.common.quiet && isatty(STDERR_FILENO));
    progress.show("linking " + std::to_string(unit_count) + (unit_count == 1 ? " unit" : " units"));
    return linkGroups(std::move(gathered.groups), link_options);
  }();
  if (!linked) return fail(linked.error());
  std::vector<model::Report>& parts = *linked;
  for (model::Report& part : parts) describeRun(part.runs.front(), invocation, started);
  parts.front().runs.front().failed_units = gathered.failed;
  parts.front().runs.front().complete = gathered.failed.empty();
  // The summary on stderr says the same.
  const bool has_summary = !options.common.quiet && options.common.output != "-" &&
                           (!options.common.output.empty() || !options.common.format);
  if (!has_summary)
    for (const model::FailedUnit& unit : gathered.failed) warn(unit.file + ": " + unit.error);

  DeliverOptions deliver_options;
  deliver_options.source_roots = {inputs->root};
  deliver_options.analysed = is_known;
  if (key && !is_known)
    deliver_options.keep = [&](const model::Report& report) {
      cache.storeResult(*key, report::writeJson(report));
    };
  deliver_options.adjust = [&](model::Report& derived) {
    keepRules(derived, link_options.rules);
    applyNolints(derived, switched_off);
    if (diff) keepTouched(derived, *diff);
    addTextFixes(derived, inputs->root);
  };
  Result<Delivery> delivered = deliver(std::move(parts), options.common, *filters, deliver_options);
  if (!delivered) return fail(delivered.error());
  const auto asked = [&](model::Rule rule) {
    return link_options.rules.empty() ||
           std::find(link_options.rules.begin(), link_options.rules.end(), rule) != link_options.rules.end();
  };
  const bool with_proposals =
      !diff && (asked(model::Rule::DataRace) || asked(model::Rule::InconsistentGuard));
  const Status fixed = deliverFixes(options, delivered->report, with_proposals, inputs->root, hashes);
  if (!fixed) return fail(fixed.error());
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
  addUnitLimits(*command, options->limits);
  command->add_option("--diff", options->diff, "Report only what touches the lines of this unified diff")
      ->type_name("FILE");
  command->add_flag("--fix", options->fix, "Change the sources: the edits that findings and guards propose");
  command->add_option("--export-fixes", options->export_fixes, "Write these edits as clang-tidy does (YAML)")
      ->type_name("FILE");
  command->add_option("files", options->files, "Sources, facts files or a binary with facts");
  command->footer(
      "Compiler flags may follow after --: then the files are taken as they are, without a database.");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return runCheck(*options, invocation); };
  });
}

}  // namespace gridlock::cli
