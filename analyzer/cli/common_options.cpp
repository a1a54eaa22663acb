// Declares the common options and turns their text into values.
#include "analyzer/cli/common_options.h"

#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

namespace gridlock::cli {

void addCommonOptions(CLI::App& command, CommonOptions& options) {
  command.add_option("-o,--output", options.output, "Write the report to FILE; - is stdout")
      ->type_name("FILE")
      ->group("Report");
  command
      .add_option_function<std::string>(
          "--format",
          [&options](const std::string& text) {
            options.format = report::formatFromText(text);
            if (!options.format)
              throw CLI::ValidationError("--format",
                                         "'" + text +
                                             "' is not one of json, text, sarif, html, dot, gitlab, "
                                             "junit");
          },
          "json, text, sarif, html, dot, gitlab or junit; guessed from the file's ending if not given")
      ->type_name("FORMAT")
      ->group("Report");
  command
      .add_option("--suppressions", options.suppressions,
                  "Do not count findings that FILE names (the format of the sanitizers)")
      ->type_name("FILE")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false)  // what follows its file is not its
      ->group("Report");
  command.add_option("--baseline", options.baseline, "Count only findings that are not in this report")
      ->type_name("REPORT")
      ->group("Report");
  command
      .add_option_function<std::string>(
          "--fail-on",
          [&options](const std::string& text) {
            static const std::map<std::string, std::optional<model::Severity>> kValues = {
                {"error", model::Severity::Error},
                {"warning", model::Severity::Warning},
                {"note", model::Severity::Note},
                {"never", std::nullopt}};
            const auto found = kValues.find(text);
            if (found == kValues.end())
              throw CLI::ValidationError("--fail-on",
                                         "'" + text + "' is not one of error, warning, note, never");
            options.fail_on = found->second;
          },
          "error, warning (default), note or never: from which severity on findings make the exit code")
      ->type_name("SEVERITY")
      ->group("Report");
  command.add_flag("--quiet,-q", options.quiet, "No progress, no summary")->group("Report");
  command
      .add_option_function<std::string>(
          "--color",
          [&options](const std::string& text) {
            if (text == "auto") {
              options.color = Color::Auto;
            } else if (text == "always") {
              options.color = Color::Always;
            } else if (text == "never") {
              options.color = Color::Never;
            } else {
              throw CLI::ValidationError("--color", "'" + text + "' is not one of auto, always, never");
            }
          },
          "auto (default), always or never")
      ->type_name("WHEN")
      ->group("Report");
  command.add_option("-j,--jobs", options.jobs, "Use N threads; default: one per core")
      ->type_name("N")
      ->check(CLI::Range(1, 4096))
      ->group("Report");
}

void addUnitLimits(CLI::App& command, UnitLimits& limits) {
  constexpr int kDay = 24 * 60 * 60, kMostMegabytes = 1 << 30;
  command
      .add_option("--unit-timeout", limits.seconds,
                  "Give a unit up that takes longer (default 300 seconds; 0: never)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, kDay));
  command
      .add_option("--unit-memory", limits.megabytes,
                  "Give a unit up that needs more address space (default 6144 MB; 0: any)")
      ->type_name("MB")
      ->check(CLI::Range(0, kMostMegabytes));
}

int jobs(const CommonOptions& options) {
  if (options.jobs > 0) return options.jobs;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace gridlock::cli
