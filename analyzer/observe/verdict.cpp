// See verdict.h.
#include "analyzer/observe/verdict.h"

#include <map>

#include "analyzer/observe/threads.h"
#include "gridlock/record_view.h"

namespace gridlock::observe {

// A thread that waits for itself may be let go by another one; who did so for this long hardly is.
constexpr std::uint64_t kLongAtTheEndNs = 800'000'000;

DeadlockMember memberOf(const RecordFile& file, const record::StuckThread& stuck) {
  DeadlockMember member;
  member.thread = stuck.thread;
  (stuck.wait_kind == record::WaitKind::kJoin ? member.joins : member.lock) = stuck.wait_for;
  member.mode = modeOf(static_cast<std::uint8_t>(stuck.how & 0xff));
  member.stack = stuck.stack;
  member.wait_serial = stuck.wait_serial;
  member.held = heldNow(file, stuck.thread);
  return member;
}

constexpr record::Index kMostThreads = 8192;

std::vector<OutsideVerdict> verdictsOf(const RecordFile& file, std::uint64_t now) {
  std::vector<OutsideVerdict> out;
  record::RecordView view;
  const auto bytes = file.bytes();
  if (record::RecordView::open(bytes.data(), bytes.size(), view) != record::ViewError::kOk) return out;
  // What no shim writes, it does not solve either: a damaged record costs no more than a look.
  std::uint64_t held = 0;
  for (record::Index i = 1; i < view.end(record::Table::kThreads); ++i)
    held += view.thread(i)->held_count.load();
  const std::uint64_t blocks = view.end(record::Table::kHeld);
  if (held > blocks * record::kHeldPerBlock || view.end(record::Table::kThreads) > kMostThreads) return out;
  std::vector<std::uint64_t> memory(record::WaitGraph::bytesFor(view) / sizeof(std::uint64_t) + 1);
  record::WaitGraph graph;
  record::Verdict verdict;
  const record::Look look =
      graph.find(view, {}, memory.data(), memory.size() * sizeof(std::uint64_t), verdict);
  if (look != record::Look::kStuck) return out;
  std::map<std::uint32_t, OutsideVerdict> groups;
  for (std::uint32_t i = 0; i < verdict.count; ++i) {
    const record::StuckThread& stuck = verdict.stuck[i];
    if (stuck.group == 0 || stuck.reported) continue;
    const bool certain = stuck.kind != record::StuckKind::kSelf;
    if (!certain && now != 0 && now < stuck.since_ns + kLongAtTheEndNs) continue;
    OutsideVerdict& group = groups[stuck.group];
    group.file = file.name();
    group.certain = group.certain && certain;
    group.members.push_back(memberOf(file, stuck));
  }
  for (auto& [number, group] : groups) out.push_back(std::move(group));
  return out;
}

}  // namespace gridlock::observe
