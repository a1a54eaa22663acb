// Any bytes into the report reader; what it accepts goes through the whole analysis and every writer.
// Nothing may crash, hang or read beyond its input.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/model/derive.h"
#include "analyzer/report/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gridlock::report::Format;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto report = gridlock::report::readJson(bytes, "fuzz.json");
  if (!report) return 0;
  for (gridlock::model::Finding& finding : report->findings)
    for (gridlock::model::Location& location : finding.locations) location.file.insert(0, "/nowhere/");
  std::vector<gridlock::model::Report> parts = {*report, *report};
  gridlock::model::Filters filters;
  filters.baseline = gridlock::model::baselineOf(*report);
  if (auto parsed = gridlock::model::parseSuppressions(bytes.substr(0, bytes.size() / 8), "fuzz.supp"))
    filters.suppressions = *parsed;
  const gridlock::model::Report derived = gridlock::model::derive(std::move(parts), filters);
  for (Format format :
       {Format::Json, Format::Text, Format::Sarif, Format::Html, Format::Dot, Format::Gitlab, Format::Junit})
    if (gridlock::report::write(derived, format).empty()) __builtin_trap();
  return 0;
}
