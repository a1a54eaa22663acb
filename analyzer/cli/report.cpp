// gridlock report: the wait-for graph of a report file.
#include <CLI/CLI.hpp>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/output.h"

namespace gridlock::cli {

void addReportCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("report", "Show who waited for whom in a report file");
  command->allow_extras();
  command->callback(
      [&invocation] { invocation.action = [] { return fail({"the command 'report' is not built yet"}); }; });
}

}  // namespace gridlock::cli
