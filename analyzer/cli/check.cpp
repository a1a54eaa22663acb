// gridlock check: the static pass over a compile database, files, facts or a binary.
#include <CLI/CLI.hpp>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/output.h"

namespace gridlock::cli {

void addCheckCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("check", "Check sources without running them");
  command->allow_extras();
  command->callback(
      [&invocation] { invocation.action = [] { return fail({"the command 'check' is not built yet"}); }; });
}

}  // namespace gridlock::cli
