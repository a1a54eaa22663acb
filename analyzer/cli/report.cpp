// gridlock report: joins reports and records into one, analyses the union, writes it in any format.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/inputs.h"
#include "analyzer/cli/output.h"

namespace gridlock::cli {
namespace {

struct ReportOptions {
  CommonOptions common;
  std::vector<std::string> inputs;
};

int report(const ReportOptions& options) {
  if (options.inputs.empty()) return fail({"report: no input: name reports, records or folders of records"});
  return observeAndDeliver(options.common, [&] { return readInputs(options.inputs); });
}

}  // namespace

void addReportCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("report", "Join reports and records of many runs, in any format");
  auto options = std::make_shared<ReportOptions>();
  addCommonOptions(*command, options->common);
  command->add_option("inputs", options->inputs, "Reports, flight records, or folders of records; - is stdin")
      ->type_name("REPORT...");
  command->callback([&invocation, options] {
    invocation.action = [&invocation, options] {
      options->inputs.insert(options->inputs.end(), invocation.dashed.begin(), invocation.dashed.end());
      return report(*options);
    };
  });
}

}  // namespace gridlock::cli
