// Suppression files and baselines; see suppress.h.
#include "analyzer/model/suppress.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "analyzer/model/names.h"

namespace gridlock::model {
namespace {

constexpr std::array<std::string_view, 12> kTypes = {"race",   "race_top", "mutex", "deadlock",
                                                     "thread", "signal",   "lock",  "class",
                                                     "edge",   "hold",     "wait",  "called_from_lib"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Which rules the types of the sanitizers stand for.
bool inFamily(std::string_view type, Rule rule) {
  switch (rule) {
    case Rule::DataRace:
    case Rule::InconsistentGuard:
      return type == "race" || type == "race_top";
    case Rule::Deadlock:
    case Rule::SelfDeadlock:
      return type == "deadlock" || type == "wait";
    case Rule::LockOrderCycle:
    case Rule::RecursiveRead:
      return type == "deadlock";
    case Rule::WaitWhileHolding:
      return type == "deadlock" || type == "wait";
    case Rule::SignalUnsafeLock:
      return type == "signal" || type == "deadlock";
    case Rule::ForkWhileLocked:
      return type == "thread" || type == "mutex";
    case Rule::LostWakeup:
    case Rule::Starvation:
    case Rule::Livelock:
      return type == "wait";
    case Rule::BlockingWhileLocked:
    case Rule::Contention:
      return type == "hold";
    case Rule::UnlockNotHeld:
    case Rule::LockNotReleased:
    case Rule::DestroyLocked:
    case Rule::UseOfInvalidLock:
    case Rule::WrongMutex:
    case Rule::WaitWithoutPredicate:
    case Rule::UnusedGuard:
      return type == "mutex";
  }
  return false;
}

// Calls `test` with every text of the finding that a template of TSan is matched with: functions,
// files and modules of every frame. Stops at the first true.
template <typename Test>
bool anyFrame(const Report& report, const Finding& finding, Test test) {
  const auto site = [&](Id id) {
    const Site* row = byId(report.sites, id);
    if (!row) return false;
    if (test(row->function) || test(row->file) || test(row->module)) return true;
    return std::any_of(row->inlined.begin(), row->inlined.end(),
                       [&](const Frame& frame) { return test(frame.function) || test(frame.file); });
  };
  for (const Location& location : finding.locations)
    if (test(location.function) || test(location.file)) return true;
  for (const Step& step : finding.steps) {
    if (step.site && site(*step.site)) return true;
    if (!step.stack) continue;
    if (const Stack* stack = byId(report.stacks, *step.stack))
      if (std::any_of(stack->frames.begin(), stack->frames.end(), site)) return true;
  }
  return false;
}

}  // namespace

bool matchesTemplate(std::string_view pattern, std::string_view text) {
  if (text.empty()) return false;
  bool at_start = false;
  bool at_end = false;
  if (!pattern.empty() && pattern.front() == '^') {
    at_start = true;
    pattern.remove_prefix(1);
  }
  if (!pattern.empty() && pattern.back() == '$') {
    at_end = true;
    pattern.remove_suffix(1);
  }
  // Pieces between the stars are found one after the other, each as early as possible; only the
  // last one has a choice, when it must end the text.
  std::vector<std::string_view> pieces;
  for (std::size_t begin = 0;;) {
    const std::size_t star = pattern.find('*', begin);
    pieces.push_back(pattern.substr(begin, star == std::string_view::npos ? star : star - begin));
    if (star == std::string_view::npos) break;
    begin = star + 1;
  }
  std::size_t at = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::string_view piece = pieces[i];
    const bool first = i == 0;
    const bool last = i + 1 == pieces.size();
    if (last && at_end) {
      if (text.size() < piece.size() || text.size() - piece.size() < at) return false;
      const std::size_t begin = text.size() - piece.size();
      if (first && at_start && begin != 0) return false;
      return text.substr(begin) == piece;
    }
    if (first && at_start) {
      if (text.substr(0, piece.size()) != piece) return false;
      at = piece.size();
      continue;
    }
    const std::size_t found = text.find(piece, at);
    if (found == std::string_view::npos) return false;
    at = found + piece.size();
  }
  return true;
}

Result<std::vector<Suppression>> parseSuppressions(std::string_view text, const std::string& file) {
  std::vector<Suppression> out;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const auto error = [&](const std::string& message) {
      return Error{message, file, "line " + std::to_string(number)};
    };
    if (line.find('\0') != std::string_view::npos)
      return error("not a suppression file: it holds a NUL byte");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos)
      return error("expected type:template, found '" + std::string(line) + "'");
    Suppression suppression;
    suppression.type = trimmed(line.substr(0, colon));
    suppression.pattern = trimmed(line.substr(colon + 1));
    suppression.file = file;
    suppression.line = number;
    if (std::find(kTypes.begin(), kTypes.end(), suppression.type) == kTypes.end() &&
        !ruleFromId(suppression.type))
      return error("unknown suppression type '" + suppression.type + "'");
    if (suppression.pattern.empty()) return error("the template after '" + suppression.type + ":' is empty");
    out.push_back(std::move(suppression));
  }
  return out;
}

bool matches(const Suppression& suppression, const Report& report, const Finding& finding) {
  const std::string_view type = suppression.type;
  const auto test = [&](std::string_view text) { return matchesTemplate(suppression.pattern, text); };
  const auto lockName = [&](Id id) -> std::string_view {
    const Lock* lock = byId(report.locks, id);
    return lock ? std::string_view(lock->name) : std::string_view();
  };
  const auto anyLock = [&] {
    return std::any_of(finding.locks.begin(), finding.locks.end(), [&](Id id) { return test(lockName(id)); });
  };

  if (type == "lock") return anyLock();
  if (type == "class")
    return std::any_of(finding.locks.begin(), finding.locks.end(),
                       [&](Id id) { return test(withoutTemplateArguments(lockName(id))); });
  if (type == "edge") {
    return std::any_of(finding.edges.begin(), finding.edges.end(), [&](Id id) {
      const OrderEdge* edge = byId(report.lock_order, id);
      if (!edge) return false;
      const std::string from(lockName(edge->from));
      const std::string to(lockName(edge->to));
      return test(from + " -> " + to) || test(from + "->" + to);
    });
  }
  if (type == "called_from_lib")
    return anyFrame(report, finding, [&](std::string_view text) {
      return text.find(".so") != std::string_view::npos && test(text);
    });
  if (type == "race_top")
    return inFamily(type, finding.rule) && !finding.locations.empty() &&
           (test(finding.locations.front().function) || test(finding.locations.front().file));

  if (const std::optional<Rule> rule = ruleFromId(type); rule && type != "deadlock") {
    if (*rule != finding.rule) return false;
  } else if (!inFamily(type, finding.rule)) {
    return false;
  }
  if (anyLock() || anyFrame(report, finding, test)) return true;
  return std::any_of(finding.state.begin(), finding.state.end(), [&](Id id) {
    const SharedState* state = byId(report.shared_state, id);
    return state && test(state->name);
  });
}

void applySuppressions(Report& report, std::vector<Suppression>& suppressions) {
  for (Finding& finding : report.findings) {
    for (Suppression& suppression : suppressions) {
      if (!matches(suppression, report, finding)) continue;
      ++suppression.hits;
      finding.status = Status::Suppressed;
      break;
    }
  }
}

Baseline baselineOf(const Report& report) {
  Baseline out;
  for (const Finding& finding : report.findings)
    if (!finding.fingerprint.empty()) out.insert(finding.fingerprint);
  return out;
}

void applyBaseline(Report& report, const Baseline& baseline) {
  for (Finding& finding : report.findings)
    if (finding.status == Status::New && baseline.count(finding.fingerprint)) finding.status = Status::Known;
}

}  // namespace gridlock::model
