// gridlock diff: what is new, gone and unchanged between two reports, by fingerprint.
//
// The report that is written is the new one, with what the old one had marked as known.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/inputs.h"
#include "analyzer/cli/output.h"
#include "analyzer/model/diff.h"

namespace gridlock::cli {
namespace {

struct DiffOptions {
  CommonOptions common;
  std::string before;
  std::string after;
};

std::string line(const char* mark, const model::Finding& finding) {
  std::string out = mark;
  out += " ";
  if (!finding.locations.empty() && !finding.locations.front().file.empty()) {
    const model::Location& place = finding.locations.front();
    out += place.file + ":" + std::to_string(place.line) + ": ";
  }
  return out + std::string(text(finding.severity)) + ": " + finding.message + " [" +
         std::string(info(finding.rule).id) + "]\n";
}

int diff(DiffOptions options) {
  Result<model::Filters> filters = loadFilters(options.common);
  if (!filters) return fail(filters.error());
  Result<std::vector<model::Report>> before_parts = readInputs({options.before});
  if (!before_parts) return fail(before_parts.error());
  Result<std::vector<model::Report>> after_parts = readInputs({options.after});
  if (!after_parts) return fail(after_parts.error());

  // What is suppressed is neither new nor gone.
  model::Filters old_filters;
  old_filters.suppressions = filters->suppressions;
  const model::Report before = model::derive(std::move(*before_parts), old_filters);
  const model::Baseline old_findings = model::baselineOf(before);
  if (filters->baseline) {
    filters->baseline->insert(old_findings.begin(), old_findings.end());
  } else {
    filters->baseline = old_findings;
  }

  const bool quiet = options.common.quiet;
  options.common.quiet = true;  // the difference is the summary
  Result<Delivery> delivery = deliver(std::move(*after_parts), options.common, *filters, {});
  if (!delivery) return fail(delivery.error());
  const model::Difference difference = model::compare(before, delivery->report);
  if (!quiet) {
    // stdout carries the report when it was asked for there, else the difference.
    const bool report_on_stdout =
        options.common.output == "-" || (options.common.output.empty() && options.common.format);
    std::ostream& out = report_on_stdout ? std::cerr : std::cout;
    for (const model::Finding* finding : difference.added) out << line("+", *finding);
    for (const model::Finding* finding : difference.gone) out << line("-", *finding);
    out << "gridlock: " << difference.added.size() << " new, " << difference.gone.size() << " gone, "
        << difference.unchanged << " unchanged" << std::endl;
  }
  return delivery->counts ? kFindings : kNothingFound;
}

}  // namespace

void addDiffCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("diff", "Show what is new, gone and unchanged between two reports");
  auto options = std::make_shared<DiffOptions>();
  addCommonOptions(*command, options->common);
  command->add_option("old", options->before, "Report, record or folder of records from before")
      ->type_name("OLD")
      ->required();
  command->add_option("new", options->after, "The same from now")->type_name("NEW")->required();
  command->callback([&invocation, options] { invocation.action = [options] { return diff(*options); }; });
}

}  // namespace gridlock::cli
