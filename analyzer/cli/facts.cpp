// gridlock facts: the facts of one unit, for build systems.
#include <CLI/CLI.hpp>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/output.h"

namespace gridlock::cli {

void addFactsCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("facts", "Write the facts of one translation unit");
  command->allow_extras();
  command->callback(
      [&invocation] { invocation.action = [] { return fail({"the command 'facts' is not built yet"}); }; });
}

}  // namespace gridlock::cli
