// gridlock attach: the wait-for graph of running or stuck processes.
#include <CLI/CLI.hpp>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/output.h"

namespace gridlock::cli {

void addAttachCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("attach", "Show who waits for whom in a running or stuck process");
  command->allow_extras();
  command->callback(
      [&invocation] { invocation.action = [] { return fail({"the command 'attach' is not built yet"}); }; });
}

}  // namespace gridlock::cli
