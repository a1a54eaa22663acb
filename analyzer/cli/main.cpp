// The gridlock command: parse, call, print the error, return the code.
//
// Everything after the first "--" is kept apart from option parsing: for `run` it is the program,
// for `check` the compiler flags.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <vector>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/output.h"
#include "analyzer/model/report.h"

namespace {

constexpr const char* kAbout =
    "Finds deadlocks and data races in C and C++ programs: by watching them run, and without running them.";

constexpr const char* kFooter =
    "Examples\n"
    "  gridlock run -- ./my_test              watch a test and every process it starts\n"
    "  gridlock check -p build                check the sources of a build\n"
    "  gridlock report *.json -o merged.sarif join reports of many runs\n"
    "  gridlock explain lock-order-cycle      what a finding means and how to fix it\n"
    "\n"
    "Exit codes: 0 nothing to report, 1 findings, 2 could not do the job; `run` gives the program's own\n"
    "code, else 66 when there are findings.";

int runMain(int argc, char** argv) {
  gridlock::cli::Invocation invocation;
  invocation.program = argc > 0 ? argv[0] : "gridlock";

  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    invocation.given.emplace_back(argv[i]);
    if (!invocation.has_dashes && std::string(argv[i]) == "--") {
      invocation.has_dashes = true;
    } else if (invocation.has_dashes) {
      invocation.dashed.emplace_back(argv[i]);
    } else {
      arguments.insert(arguments.begin(), argv[i]);  // CLI11 takes them in reverse
    }
  }

  CLI::App app(kAbout, "gridlock");
  app.footer(kFooter);
  app.set_version_flag("--version", "gridlock " + std::string(gridlock::model::toolVersion()));
  app.require_subcommand(0, 1);
  gridlock::cli::addRunCommand(app, invocation);
  gridlock::cli::addCheckCommand(app, invocation);
  gridlock::cli::addReportCommand(app, invocation);
  gridlock::cli::addAttachCommand(app, invocation);
  gridlock::cli::addCoreCommand(app, invocation);
  gridlock::cli::addDiffCommand(app, invocation);
  gridlock::cli::addExplainCommand(app, invocation);
  gridlock::cli::addFactsCommand(app, invocation);

  try {
    app.parse(arguments);
  } catch (const CLI::Success& done) {  // --help, --version
    app.exit(done);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::string line = error.what();
    const CLI::App* command = &app;
    for (const CLI::App* sub : app.get_subcommands()) command = sub;
    const std::string help =
        command == &app ? "gridlock --help" : "gridlock " + command->get_name() + " --help";
    return gridlock::cli::fail({line + " (see " + help + ")"});
  }
  if (!invocation.action) {
    std::cerr << app.help();
    return gridlock::cli::kCannot;
  }
  return invocation.action();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return runMain(argc, argv);
  } catch (const std::exception& error) {  // out of memory, mostly: ours throw nothing
    return gridlock::cli::fail({std::string("internal error: ") + error.what()});
  }
}
