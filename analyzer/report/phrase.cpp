// Words that several writers need; see phrase.h.
#include "analyzer/report/phrase.h"

#include <array>

#include "analyzer/model/frames.h"

namespace gridlock::report {

using namespace gridlock::model;

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
  const std::string& name = thread->name.empty() ? thread->root : thread->name;
  if (!name.empty()) out += " (" + printable(name) + ")";
  if (report.runs.size() > 1)
    if (const Run* run = byId(report.runs, thread->run); run && run->pid)
      out += " of process " + std::to_string(*run->pid);
  return out;
}

std::string_view lockName(const Report& report, Id id) {
  const Lock* lock = byId(report.locks, id);
  return lock ? std::string_view(lock->name) : std::string_view("an unknown lock");
}

std::string stepText(const Report& report, const Step& step) {
  std::string out;
  if (step.thread) out += threadText(report, *step.thread) + " ";
  out += step.action == "waits-for" ? "waits for" : printable(step.action);
  if (step.lock) out += " `" + printable(lockName(report, *step.lock)) + "`";
  if (step.state)
    if (const SharedState* state = byId(report.shared_state, *step.state))
      out += " `" + printable(state->name) + "`";
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
