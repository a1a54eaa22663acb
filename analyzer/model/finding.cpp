// The vocabulary of findings and their fingerprints.
#include "analyzer/model/finding.h"

#include <algorithm>
#include <cassert>
#include <cctype>
#include <cstddef>

#include "analyzer/model/names.h"
#include "analyzer/model/report.h"

namespace gridlock::model {

const std::vector<RuleInfo>& rules() {
  static const std::vector<RuleInfo> kRules = {
#define GRIDLOCK_RULE(name, id, title, ...) {Rule::name, id, title, std::vector<int> __VA_ARGS__},
#include "analyzer/model/rules.def"
#undef GRIDLOCK_RULE
  };
  return kRules;
}

const RuleInfo& info(Rule rule) {
  const auto index = static_cast<std::size_t>(rule);
  assert(index < rules().size());
  return rules()[index];
}

std::optional<Rule> ruleFromId(std::string_view id) {
  for (const RuleInfo& rule : rules())
    if (rule.id == id) return rule.rule;
  return std::nullopt;
}

std::string_view text(Severity severity) {
  constexpr std::array<std::string_view, 3> kNames = {"note", "warning", "error"};
  return kNames.at(static_cast<std::size_t>(severity));
}

std::string_view text(Confidence confidence) {
  constexpr std::array<std::string_view, 3> kNames = {"possible", "likely", "proven"};
  return kNames.at(static_cast<std::size_t>(confidence));
}

std::string_view text(Status status) {
  constexpr std::array<std::string_view, 3> kNames = {"new", "known", "suppressed"};
  return kNames.at(static_cast<std::size_t>(status));
}

Severity severityFor(Rule rule, Confidence confidence) {
  if (rule == Rule::Contention) return Severity::Note;
  switch (confidence) {
    case Confidence::Proven:
      return Severity::Error;
    case Confidence::Likely:
      return Severity::Warning;
    case Confidence::Possible:
      return Severity::Note;
  }
  return Severity::Note;
}

// The canonical text: one line per part, each with a letter that says what it is, sorted and
// unique within its kind. Functions come from the locations; those with the role "also" are left
// out, because their number is bounded and grows with the code around the defect.
std::string fingerprint(const Report& report, const Finding& finding) {
  std::vector<std::string> parts;
  for (Id id : finding.locks)
    if (const Lock* lock = byId(report.locks, id)) parts.push_back("l " + stableName(lock->name));
  for (Id id : finding.state)
    if (const SharedState* state = byId(report.shared_state, id))
      parts.push_back("s " + stableName(state->name));
  for (const Location& location : finding.locations)
    if (!location.function.empty() && location.role != "also")
      parts.push_back("f " + stableName(location.function));
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());

  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](std::string_view text) {
    for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
    hash = (hash ^ '\n') * 0x100000001b3;
  };
  add(info(finding.rule).id);
  for (const std::string& part : parts) add(part);

  std::string hex(16, '0');
  for (int i = 15; i >= 0; --i, hash >>= 4) hex[static_cast<std::size_t>(i)] = "0123456789abcdef"[hash & 15];
  return hex;
}

}  // namespace gridlock::model
