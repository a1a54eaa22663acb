// The commands of `gridlock`: one file and one function each.
//
// addXCommand declares the command and its options, and gives it a callback that only stores what
// is to be done in Invocation::action; `main` runs that after everything was parsed. An action
// returns the exit code of REPORT.md; it prints errors with `fail` from output.h. Nothing else in
// the analyzer prints or exits.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gridlock::cli {

struct Invocation {
  std::string program;              // argv[0]
  std::vector<std::string> given;   // what stood after it, all
  bool has_dashes = false;          // "--" was given
  std::vector<std::string> dashed;  // what stood after the first "--", as it was given
  std::function<int()> action;      // set by the command that was chosen
};

void addRunCommand(CLI::App& app, Invocation& invocation);
void addCheckCommand(CLI::App& app, Invocation& invocation);
void addFactsCommand(CLI::App& app, Invocation& invocation);
void addReportCommand(CLI::App& app, Invocation& invocation);
void addAttachCommand(CLI::App& app, Invocation& invocation);
void addCoreCommand(CLI::App& app, Invocation& invocation);
void addDiffCommand(CLI::App& app, Invocation& invocation);
void addExplainCommand(CLI::App& app, Invocation& invocation);

}  // namespace gridlock::cli
