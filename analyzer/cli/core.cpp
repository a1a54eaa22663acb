// gridlock core: the wait-for graph of a core file.
#include <CLI/CLI.hpp>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/output.h"

namespace gridlock::cli {

void addCoreCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("core", "Show who waited for whom in a core file");
  command->allow_extras();
  command->callback(
      [&invocation] { invocation.action = [] { return fail({"the command 'core' is not built yet"}); }; });
}

}  // namespace gridlock::cli
