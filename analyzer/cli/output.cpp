// The end of every command; see output.h.
#include "analyzer/cli/output.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <utility>

#include "analyzer/cli/read_file.h"
#include "analyzer/model/check.h"

namespace gridlock::cli {
namespace {

bool useColor(Color color, int descriptor) {
  if (color != Color::Auto) return color == Color::Always;
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color && *no_color) return false;
  const char* term = std::getenv("TERM");
  return isatty(descriptor) && term && std::string(term) != "dumb";
}

report::Format formatOf(const CommonOptions& options) {
  if (options.format) return *options.format;
  if (options.output == "-") return report::Format::Json;
  return report::formatFromFile(options.output).value_or(report::Format::Json);
}

// A default report of an earlier run must not be taken for one of this run. Only a report of ours
// is removed.
void removeStale(const std::string& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return;
  std::ifstream in(file, std::ios::binary);
  std::string head(512, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  if (head.find("\"gridlock-report/1\"") != std::string::npos) std::filesystem::remove(file, ignored);
}

}  // namespace

int fail(const Error& error) {
  std::cerr << "gridlock: " << error.text() << std::endl;
  return kCannot;
}

void warn(const std::string& text) { std::cerr << "gridlock: warning: " << text << std::endl; }

Result<model::Filters> loadFilters(const CommonOptions& options) {
  model::Filters filters;
  for (const std::string& file : options.suppressions) {
    Result<std::string> text = readFile(file);
    if (!text) return text.error();
    Result<std::vector<model::Suppression>> parsed = model::parseSuppressions(*text, file);
    if (!parsed) return parsed.error();
    filters.suppressions.insert(filters.suppressions.end(), parsed->begin(), parsed->end());
  }
  if (!options.baseline.empty()) {
    Result<std::string> text = readFile(options.baseline);
    if (!text) return text.error();
    Result<model::Report> report = report::readJson(*text, options.baseline);
    if (!report) return report.error();
    filters.baseline = model::baselineOf(*report);
  }
  return filters;
}

Result<Delivery> deliver(std::vector<model::Report> parts, const CommonOptions& options,
                         model::Filters& filters, const DeliverOptions& deliver_options) {
  // Readers have checked theirs; this is a promise of our own observers.
  for (const model::Report& part : parts)
    if (std::optional<Error> broken = model::brokenReference(part))
      return Error{"internal error: the observed report is not consistent: " + broken->text()};
  Delivery delivery;
  const bool analysed = deliver_options.analysed && parts.size() == 1;
  delivery.report = analysed ? std::move(parts.front()) : model::analyse(std::move(parts));
  if (deliver_options.keep) deliver_options.keep(delivery.report);
  model::filter(delivery.report, filters);
  if (deliver_options.adjust) deliver_options.adjust(delivery.report);
  delivery.counting = model::countFindings(delivery.report, options.fail_on);
  delivery.counts = delivery.counting > 0;

  report::WriteOptions write_options;
  write_options.source_roots = deliver_options.source_roots;
  const bool to_stdout = options.output == "-" || (options.output.empty() && options.format);
  if (to_stdout) {
    write_options.color = useColor(options.color, STDOUT_FILENO);
    Status written = report::writeFile("-", report::write(delivery.report, formatOf(options), write_options));
    if (!written) return written.error();
  } else if (!options.output.empty()) {
    write_options.color = options.color == Color::Always;
    Status written =
        report::writeFile(options.output, report::write(delivery.report, formatOf(options), write_options));
    if (!written) return written.error();
    delivery.file = options.output;
  } else if (!deliver_options.default_file.empty()) {
    if (delivery.report.findings.empty()) {
      removeStale(deliver_options.default_file);
    } else {
      Status written = report::writeFile(deliver_options.default_file, report::writeJson(delivery.report));
      if (!written) return written.error();
      delivery.file = deliver_options.default_file;
    }
  }

  if (!options.quiet) {
    if (!to_stdout) {
      write_options.color = useColor(options.color, STDERR_FILENO);
      std::cerr << report::writeText(delivery.report, write_options);
      if (!delivery.file.empty()) std::cerr << "gridlock: report: " << delivery.file << "\n";
    }
    for (const model::Suppression& suppression : filters.suppressions) {
      if (suppression.hits > 0) continue;
      warn(suppression.file + ":" + std::to_string(suppression.line) +
           ": suppression not used: " + suppression.text());
    }
  }
  return delivery;
}

int observeAndDeliver(const CommonOptions& options,
                      const std::function<Result<std::vector<model::Report>>()>& observe) {
  Result<model::Filters> filters = loadFilters(options);
  if (!filters) return fail(filters.error());
  Result<std::vector<model::Report>> parts = observe();
  if (!parts) return fail(parts.error());
  Result<Delivery> delivery = deliver(std::move(*parts), options, *filters, {});
  if (!delivery) return fail(delivery.error());
  return delivery->counts ? kFindings : kNothingFound;
}

}  // namespace gridlock::cli
