// See contention.h.
#include "analyzer/observe/contention.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include "analyzer/model/frames.h"

namespace gridlock::observe {
namespace {

// Less is not worth a person's time.
constexpr std::uint64_t kLeastWaitNs = 100'000'000;
constexpr std::uint64_t kLeastWaits = 20;
constexpr std::size_t kMostLocations = 8;

struct Sum {
  std::uint64_t contended = 0;
  std::uint64_t entered = 0;
  std::uint64_t waited = 0;
  std::uint64_t longest = 0;
  std::vector<const model::CriticalSection*> sections;
};

std::string milliseconds(std::uint64_t ns) {
  char text[40];
  std::snprintf(text, sizeof text, "%.0f ms", static_cast<double>(ns) / 1e6);
  return text;
}

model::Location locationOf(const model::Report& report, const model::CriticalSection& section) {
  model::Location out;
  const model::Site* site = section.enter ? model::byId(report.sites, *section.enter) : nullptr;
  if (!site) return out;
  const model::Frame frame = model::userFrame(model::framesOf(report, *site));
  out.file = frame.file;
  out.line = frame.line;
  out.column = frame.column;
  out.function = frame.function;
  if (section.hold_ns) out.role = "holds it for " + milliseconds(section.hold_ns->total) + " in all";
  if (section.wait_ns && section.wait_ns->total > 0)
    out.role += (out.role.empty() ? "waits for " : ", waits for ") + milliseconds(section.wait_ns->total);
  return out;
}

}  // namespace

void addContention(model::Report& report, std::size_t first) {
  std::map<model::Id, Sum> sums;
  for (std::size_t i = first; i < report.critical_sections.size(); ++i) {
    const model::CriticalSection& section = report.critical_sections[i];
    Sum& sum = sums[section.lock];
    sum.contended += section.contended;
    sum.entered += section.count.value_or(0);
    if (section.wait_ns) {
      sum.waited += section.wait_ns->total;
      sum.longest = std::max(sum.longest, section.wait_ns->max);
    }
    sum.sections.push_back(&section);
  }
  for (auto& [id, sum] : sums) {
    const model::Lock* lock = model::byId(report.locks, id);
    if (!lock || sum.waited < kLeastWaitNs || sum.contended < kLeastWaits) continue;
    // Who holds it longest makes the others wait.
    std::ranges::stable_sort(sum.sections, [](const auto* a, const auto* b) {
      return (a->hold_ns ? a->hold_ns->total : 0) > (b->hold_ns ? b->hold_ns->total : 0);
    });
    model::Finding finding;
    finding.rule = model::Rule::Contention;
    finding.confidence = model::Confidence::Proven;
    finding.reason = "it happened in this run";
    finding.message = "Threads waited " + milliseconds(sum.waited) + " in all for `" + lock->name +
                      "`: " + std::to_string(sum.contended) + " of " + std::to_string(sum.entered) +
                      " acquisitions had to wait, the longest for " + milliseconds(sum.longest);
    finding.locks.push_back(id);
    for (const model::CriticalSection* section : sum.sections) {
      model::Location place = locationOf(report, *section);
      if (place.file.empty() && place.function.empty()) continue;
      if (finding.locations.size() == kMostLocations) {
        ++finding.more_locations;
      } else {
        finding.locations.push_back(std::move(place));
      }
    }
    if (finding.locations.empty()) continue;
    finding.fix = model::Fix{
        "Do less while it is held, split it by what it guards, or let readers share it or work on a copy.",
        {}};
    finding.id = static_cast<model::Id>(report.findings.size());
    finding.severity = model::severityFor(finding.rule, finding.confidence);
    report.findings.push_back(std::move(finding));
  }
}

}  // namespace gridlock::observe
