// gridlock attach: the wait-for graph of running or stuck processes.
#include <CLI/CLI.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/common_options.h"
#include "analyzer/cli/output.h"
#include "analyzer/observe/process.h"

namespace gridlock::cli {
namespace {

struct AttachOptions {
  CommonOptions common;
  std::vector<int> pids;
};

int attach(const AttachOptions& options) {
  if (options.pids.empty()) return fail({"which process? Usage: gridlock attach [OPTIONS] PID..."});
  Result<model::Filters> filters = loadFilters(options.common);
  if (!filters) return fail(filters.error());
  Result<model::Report> report = observe::attachTo(options.pids);
  if (!report) return fail(report.error());
  std::vector<model::Report> parts;
  parts.push_back(std::move(*report));
  Result<Delivery> delivery = deliver(std::move(parts), options.common, *filters, {});
  if (!delivery) return fail(delivery.error());
  return delivery->counts ? kFindings : kNothingFound;
}

}  // namespace

void addAttachCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "attach",
      "Show who waits for whom in running or stuck processes, which need no shim and go on unharmed");
  auto options = std::make_shared<AttachOptions>();
  addCommonOptions(*command, options->common);
  command->add_option("pids", options->pids, "Process ids")->type_name("PID...")->check(CLI::PositiveNumber);
  command->callback([&invocation, options] { invocation.action = [options] { return attach(*options); }; });
}

}  // namespace gridlock::cli
