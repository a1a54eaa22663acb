// gridlock run: runs a program under the shim and reports what was seen.
#include <CLI/CLI.hpp>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/output.h"

namespace gridlock::cli {

void addRunCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("run", "Run a program, and every process it starts, under the shim");
  command->allow_extras();
  command->callback(
      [&invocation] { invocation.action = [] { return fail({"the command 'run' is not built yet"}); }; });
}

}  // namespace gridlock::cli
