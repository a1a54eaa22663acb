// gridlock facts: the facts of one unit, for build systems.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/common_options.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/read_file.h"
#include "analyzer/extract/frontend.h"
#include "analyzer/facts/dump.h"
#include "analyzer/facts/io.h"

namespace gridlock::cli {
namespace {

struct FactsOptions {
  UnitLimits limits;
  std::string build;
  std::string root;
  std::string file;
  std::string output;
  std::string depfile;
  bool dump = false;
  bool quiet = false;
};

// Whole or not at all: under the final name only what was written completely.
Status writeWhole(const std::string& file, const std::string& bytes) {
  if (file == "-") {
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() || std::fflush(stdout) != 0)
      return Error{"cannot write to stdout"};
    return ok();
  }
  const std::string draft = file + ".tmp" + std::to_string(::getpid());
  std::ofstream out(draft, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(draft, file, error);
  if (!out || error) {
    std::error_code ignored;
    std::filesystem::remove(draft, ignored);
    return Error{error ? "cannot write: " + error.message() : "cannot write", file};
  }
  return ok();
}

// What Make and Ninja read: the facts depend on every file that was read.
std::string dependencyRule(const std::string& target, const extract::Dependencies& dependencies) {
  const auto escaped = [](const std::string& path) {
    std::string out;
    for (const char c : path) {
      if (c == ' ' || c == '#') out += '\\';
      if (c == '$') out += '$';
      out += c;
    }
    return out;
  };
  std::string out = escaped(target) + ":";
  std::error_code ignored;
  // Real paths: those of the driver go up and down, and Ninja would fold them its own way.
  for (const std::string& path : dependencies.read)
    if (std::filesystem::is_regular_file(path, ignored))
      out += " \\\n  " + escaped(std::filesystem::canonical(path, ignored).string());
  return out + "\n";
}

bool areFacts(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string magic(8, '\0');
  in.read(magic.data(), 8);
  return in && magic == "GRLKFACT";
}

int dumpBytes(const std::string& bytes, const std::string& name) {
  Result<std::vector<facts::Unit>> units = facts::readUnits(std::as_bytes(std::span(bytes)), name);
  if (!units) return fail(units.error());
  for (const facts::Unit& unit : *units)
    if (std::fputs(facts::dump(unit).c_str(), stdout) < 0) return kCannot;
  return 0;
}

int runFacts(const FactsOptions& options, const Invocation& invocation) {
  if (options.dump && areFacts(options.file)) {
    Result<std::string> bytes = readFile(options.file);
    return bytes ? dumpBytes(*bytes, options.file) : fail(bytes.error());
  }
  extract::CompileCommand command;
  std::string root = options.root;
  if (invocation.has_dashes) {
    command = extract::commandFor(options.file, invocation.dashed);
  } else {
    const std::string build = options.build.empty() ? "." : options.build;
    Result<std::vector<extract::CompileCommand>> database = extract::readCompileDatabase(build);
    if (!database) return fail(database.error());
    const std::vector<extract::CompileCommand> commands = extract::commandsOf(*database, options.file);
    if (commands.empty()) return fail({"not in the compile database of " + build, options.file});
    command = commands.front();
    if (root.empty()) root = extract::findRoot(std::filesystem::path(command.file).parent_path().string());
  }
  std::error_code error;
  if (root.empty()) root = std::filesystem::current_path(error).string();
  extract::FrontendOptions frontend;
  frontend.root = std::filesystem::weakly_canonical(root, error).string();
  frontend.tool_version = std::string(model::toolVersion());
  frontend.time_limit = std::chrono::seconds(options.limits.seconds);
  frontend.memory_limit = static_cast<std::size_t>(options.limits.megabytes) << 20;
  const std::string output = options.output.empty()
                                 ? std::filesystem::path(options.file).filename().string() + ".glf"
                                 : options.output;
  // Written in the unit's own process: a depfile that cannot be written is missed by who asked for it.
  if (!options.depfile.empty())
    frontend.dependencies = [&](const extract::Dependencies& dependencies) {
      (void)writeWhole(options.depfile, dependencyRule(output, dependencies));
    };
  const extract::Extraction extraction = extract::extractUnits({command}, frontend);
  const extract::ExtractedUnit& unit = extraction.units.front();
  if (unit.bytes.empty()) return fail({unit.error, unit.file});
  if (!options.quiet) {
    if (!unit.error.empty()) warn(unit.file + ": " + unit.error);
    for (const auto& [flag, count] : extraction.dropped_flags)
      warn("flag " + flag + " is not known to Clang and was left out");
  }
  if (options.dump) return dumpBytes(unit.bytes, unit.file);
  const Status written = writeWhole(output, unit.bytes);
  return written ? 0 : fail(written.error());
}

}  // namespace

void addFactsCommand(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<FactsOptions>();
  CLI::App* command = app.add_subcommand("facts", "Write the facts of one translation unit");
  command->add_option("-p,--build", options->build, "Folder of compile_commands.json");
  command->add_option("-o,--output", options->output, "Where to write them (default: FILE.glf)");
  command->add_option("--root", options->root, "The project's root");
  command
      ->add_option("--depfile", options->depfile,
                   "Write which files were read, as a rule that Make and Ninja understand")
      ->type_name("FILE");
  command->add_flag("--quiet", options->quiet, "Do not tell of what did not parse and of unknown flags");
  addUnitLimits(*command, options->limits);
  command->add_option("file", options->file, "The source file")->required();
  command->add_flag("--dump", options->dump)->group("");
  command->footer("Compiler flags may follow after --, then no compile database is read.");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return runFacts(*options, invocation); };
  });
}

}  // namespace gridlock::cli
