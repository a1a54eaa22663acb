// gridlock core: the wait-for graph of a core file.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/common_options.h"
#include "analyzer/cli/output.h"
#include "analyzer/observe/process.h"

namespace gridlock::cli {
namespace {

struct CoreOptions {
  CommonOptions common;
  std::string file;
};

int core(const CoreOptions& options) {
  if (options.file.empty()) return fail({"which core file? Usage: gridlock core [OPTIONS] FILE"});
  return observeAndDeliver(options.common, [&]() -> Result<std::vector<model::Report>> {
    Result<model::Report> report = observe::readCore(options.file);
    if (!report) return report.error();
    return std::vector<model::Report>{std::move(*report)};
  });
}

}  // namespace

void addCoreCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("core", "Show who waited for whom in a core file");
  auto options = std::make_shared<CoreOptions>();
  addCommonOptions(*command, options->common);
  command->add_option("file", options->file, "The core file of an x86-64 process")->type_name("FILE");
  command->callback([&invocation, options] { invocation.action = [options] { return core(*options); }; });
}

}  // namespace gridlock::cli
