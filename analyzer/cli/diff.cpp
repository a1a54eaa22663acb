// gridlock diff: the wait-for graph of a diff file.
#include <CLI/CLI.hpp>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/output.h"

namespace gridlock::cli {

void addDiffCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("diff", "Show who waited for whom in a diff file");
  command->allow_extras();
  command->callback(
      [&invocation] { invocation.action = [] { return fail({"the command 'diff' is not built yet"}); }; });
}

}  // namespace gridlock::cli
