// Words that several writers need; see phrase.h.
#include "analyzer/report/phrase.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "analyzer/model/frames.h"

namespace gridlock::report {

using namespace gridlock::model;

namespace {

// What tells a thread from others: its name, else the function it starts in, else, when that is a
// lambda or the library's own, where it was created.
std::string whoIs(const Report& report, const Thread& thread) {
  if (!thread.name.empty()) return thread.name;
  const Frame root{{}, 0, 0, thread.root};
  const bool telling = !thread.root.empty() && !inLibrary(root) && thread.root.rfind("operator()", 0) != 0 &&
                       thread.root.rfind("execute_native", 0) != 0;
  if (telling || !thread.created) return thread.root;
  const Stack* stack = byId(report.stacks, *thread.created);
  const Frame frame = stack ? model::userFrame(framesOf(report, *stack)) : Frame{};
  return frame.file.empty() ? thread.root : "started at " + placeText(frame.file, frame.line, 0);
}

}  // namespace

std::string placeText(const std::string& file, int line, int column) {
  std::string out = printable(file);
  if (out.empty() || line <= 0) return out;
  out += ":" + std::to_string(line);
  if (column > 0) out += ":" + std::to_string(column);
  return out;
}

std::string threadText(const Report& report, Id id) {
  const Thread* thread = byId(report.threads, id);
  std::string out = "thread " + std::to_string(id);
  if (!thread) return out;
  if (const std::string who = whoIs(report, *thread); !who.empty()) out += " (" + printable(who) + ")";
  if (report.runs.size() > 1)
    if (const Run* run = byId(report.runs, thread->run); run && run->pid)
      out += " of process " + std::to_string(*run->pid);
  return out;
}

std::string incompleteText(const Run& run) {
  return run.kind == RunKind::Static ? "incomplete: not everything could be analysed"
                                     : "incomplete: the program was still running, or not all of it was seen";
}

std::string_view lockName(const Report& report, Id id) {
  const Lock* lock = byId(report.locks, id);
  return lock ? std::string_view(lock->name) : std::string_view("an unknown lock");
}

std::string stepText(const Report& report, const Step& step, int object) {
  std::string out;
  if (step.thread) out += threadText(report, *step.thread) + " ";
  out += step.action == "waits-for" ? "waits for" : printable(step.action);
  if (step.lock) out += " `" + printable(lockName(report, *step.lock)) + "`";
  if (object > 0) out += " (" + std::to_string(object) + ")";
  if (step.state)
    if (const SharedState* state = byId(report.shared_state, *step.state))
      out += " `" + printable(state->name) + "`";
  return out;
}

std::vector<int> objectNumbers(const Report& report, const Finding& finding) {
  std::vector<int> numbers(finding.steps.size(), 0);
  // Who took a lock of which class, in the order of the steps.
  std::map<Id, std::vector<Id>> holders;
  for (const Step& step : finding.steps) {
    if (step.action != "acquires" || !step.lock || !step.thread) continue;
    std::vector<Id>& threads = holders[*step.lock];
    if (std::find(threads.begin(), threads.end(), *step.thread) == threads.end())
      threads.push_back(*step.thread);
  }
  const auto holderOf = [&](const Step& step, const std::vector<Id>& threads) -> std::optional<Id> {
    if (step.action != "waits-for") return step.thread;
    for (const Wait& wait : report.wait_for)
      if (wait.thread == *step.thread && wait.for_lock == *step.lock && wait.held_by.size() == 1)
        return wait.held_by.front();
    // Cycles are told in their order: each waits for what the next one has.
    const auto at = std::find(threads.begin(), threads.end(), *step.thread);
    if (at == threads.end()) return std::nullopt;
    return at + 1 == threads.end() ? threads.front() : *(at + 1);
  };
  for (std::size_t i = 0; i < finding.steps.size(); ++i) {
    const Step& step = finding.steps[i];
    if (!step.lock || !step.thread) continue;
    const auto known = holders.find(*step.lock);
    if (known == holders.end() || known->second.size() < 2) continue;
    const std::optional<Id> holder = holderOf(step, known->second);
    const auto at =
        holder ? std::find(known->second.begin(), known->second.end(), *holder) : known->second.end();
    if (at != known->second.end()) numbers[i] = static_cast<int>(at - known->second.begin()) + 1;
  }
  return numbers;
}

std::vector<std::string> storyTexts(const Report& report, const Finding& finding) {
  std::vector<int> numbers = objectNumbers(report, finding);
  std::vector<std::string> out;
  if (finding.rule != Rule::LockOrderCycle) {
    for (std::size_t i = 0; i < finding.steps.size(); ++i)
      out.push_back(stepText(report, finding.steps[i], numbers[i]));
    // The two sides of a race, each of a thread of one kind.
    if (finding.rule == Rule::DataRace && out.size() == 2 && finding.steps[0].thread &&
        finding.steps[0].thread == finding.steps[1].thread)
      out[1].insert(0, "another ");
    return out;
  }
  // Each thread of a cycle takes one lock and waits for one. Threads of one kind are one row of the report:
  // they are told apart by their turn.
  std::map<std::pair<Id, std::string>, int> turns;
  std::map<std::pair<Id, Id>, int> meeting;
  for (const Step& step : finding.steps)
    if (step.thread && step.lock && step.action == "acquires") ++meeting[{*step.thread, *step.lock}];
  for (std::size_t i = 0; i < finding.steps.size(); ++i) {
    const Step& step = finding.steps[i];
    const Thread* thread = step.thread ? byId(report.threads, *step.thread) : nullptr;
    const int turn = thread && thread->many ? turns[{*step.thread, step.action}]++ : 0;
    const int many = step.thread && step.lock ? meeting[{*step.thread, *step.lock}] : 0;
    if (many > 1 && numbers[i] == 0) numbers[i] = (turn + (step.action == "waits-for" ? 1 : 0)) % many + 1;
    out.push_back((turn > 0 ? "another " : "") + stepText(report, step, numbers[i]));
  }
  return out;
}

Frame userFrame(const Report& report, const Step& step) {
  if (step.stack)
    if (const Stack* stack = byId(report.stacks, *step.stack)) {
      const Frame frame = model::userFrame(framesOf(report, *stack));
      if (!frame.file.empty() || !frame.function.empty()) return frame;
    }
  if (step.site)
    if (const Site* site = byId(report.sites, *step.site)) return model::userFrame(framesOf(report, *site));
  return {};
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

std::string countText(const Report& report) {
  std::array<std::size_t, 3> fresh = {};
  std::size_t known = 0;
  std::size_t suppressed = 0;
  for (const Finding& finding : report.findings) {
    if (finding.status == model::Status::Known) {
      ++known;
    } else if (finding.status == model::Status::Suppressed) {
      ++suppressed;
    } else {
      ++fresh.at(static_cast<std::size_t>(finding.severity));
    }
  }
  std::string out;
  const auto add = [&out](std::size_t count, const std::string& one, const std::string& many) {
    if (count == 0) return;
    if (!out.empty()) out += ", ";
    out += std::to_string(count) + " " + (count == 1 ? one : many);
  };
  add(fresh[2], "error", "errors");
  add(fresh[1], "warning", "warnings");
  add(fresh[0], "note", "notes");
  if (out.empty()) out = known + suppressed == 0 ? "no findings" : "no new findings";
  add(known, "known", "known");
  add(suppressed, "suppressed", "suppressed");
  return out;
}

}  // namespace gridlock::report
