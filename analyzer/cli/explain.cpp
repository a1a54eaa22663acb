// gridlock explain: the wait-for graph of a explain file.
#include <CLI/CLI.hpp>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/output.h"

namespace gridlock::cli {

void addExplainCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("explain", "Show who waited for whom in a explain file");
  command->allow_extras();
  command->callback(
      [&invocation] { invocation.action = [] { return fail({"the command 'explain' is not built yet"}); }; });
}

}  // namespace gridlock::cli
