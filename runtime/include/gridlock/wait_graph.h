// Who can never go on: the wait-for graph of one process, solved over its flight record alone.
//
// The same code runs in the shim (when a thread is about to block, and in its watcher) and in the
// launcher, which looks from outside at the mapped record. It must not write to the record, allocate
// or print; what it finds lies in memory the caller gives.
//
// The idea: compute, as a least fixed point, the threads that can still act. Running threads and
// timed waits can. A thread that waits for a lock, a static initialiser or another thread joins the set
// when all who hold it back are in it; a wait for a semaphore, condition, barrier or futex joins
// it as soon as any thread is in it. Whoever stays outside can never go on.
//
//   running / timed ──► can act ◄── waits for a lock whose holders all can act
//                           ▲
//                           └────── waits for anybody (condition, semaphore, …)
//
// Why one look at a moving record is enough for locks and joins: a thread's held locks change by its
// own doing only, a release is recorded before it happens, and wait_serial keeps one odd value
// for the whole of one wait. The serials are read first and read again at the end: threads that
// are still in the same wait held the same locks all the while, so that the edges between them stood
// together. Waits for anybody are not like that: the waiter may have been woken and not have run
// yet; they count as stuck only when the caller can say that the thread sleeps in the kernel.
//
// A lock with no holder on record is held by somebody unknown, or is just changing hands: its
// waiters can act.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gridlock/record.h"
#include "gridlock/record_view.h"

namespace gridlock::record {

// What the record does not know of the process.
struct Outside {
  // Threads unknown to the shim, signal handlers or other processes may end a wait for anybody. When
  // true, only waits for locks and joins can be stuck.
  bool others_may_act = true;
  // Says that the kernel has this thread asleep in the wait it published. Asked only for waits for
  // anybody; without it these count as able to act.
  bool (*asleep)(void* context, const ThreadRow& thread) = nullptr;
  void* context = nullptr;
  // The address of the futex a thread sleeps at, 0 when it does not. A thread that saw its lock free and then
  // lost it sleeps without having published a wait: RecordView::requestOf says on which lock. Such a wait has
  // no serial of its own, so the caller must see it in a second look some time later.
  std::uint64_t (*sleeps_at)(void* context, const ThreadRow& thread) = nullptr;
};

enum class StuckKind : std::uint32_t {
  kBehind = 0,     // waits, directly or not, for threads of a group; not part of one itself
  kSelf = 1,       // waits for a lock that it holds itself
  kCycle = 2,      // waits in a ring of certain owners
  kAbandoned = 3,  // waits for a lock whose holder has ended
  kKnot = 4,       // every thread that could end the waits of this group is in the group
};

struct StuckThread {
  Index thread;
  std::uint32_t wait_serial;
  WaitKind wait_kind;
  Index wait_for;       // kLocks or kThreads row, by wait_kind
  std::uint32_t how;    // Mode | RequestKind << 8
  Index blocker;        // a thread that holds it back: of the same group when there is one; else none
  std::uint32_t group;  // members of one deadlock share a number from 1; 0 for kBehind
  StuckKind kind;
  bool reported;           // an event already told of this very wait
  bool told_likely;        // one told of it that was not certain then
  bool unpublished;        // see Outside::sleeps_at
  Index stack;             // kFrames: where it waits
  std::uint64_t since_ns;  // 0 when the wait was not published
};

// Added to the (even) serial of a thread whose unpublished wait was told of, in ThreadRow::reported_wait.
inline constexpr std::uint32_t kUnpublishedMark = 1u << 31;
// Added when what was told was likely, not proven.
inline constexpr std::uint32_t kLikelyMark = 1u << 30;

struct Verdict {
  const StuckThread* stuck = nullptr;
  std::uint32_t count = 0;
  std::uint32_t groups = 0;
  bool anybody_acts = false;  // some thread of the record is not stuck
};

// Whether a group may be told of. A thread that waits for its own lock can be let go by another one that
// releases what it does not hold: against all rules, but it works, and programs live on it. So such a wait is
// certain only when nobody is left to do that (`alone`), and worth telling when it has lasted too long.
// Programs that hand such a lock over slowly go on all the same; one that does not within a minute hangs.
enum class Ripeness { kNotYet, kLikely, kProven };
inline constexpr std::uint64_t kLongSelfWaitNs = 3'000'000'000;
inline constexpr std::uint64_t kHangingSelfWaitNs = 60'000'000'000;
inline bool endsProgram(Ripeness ripeness, const StuckThread& stuck, std::uint64_t now) {
  return ripeness == Ripeness::kProven ||
         (ripeness == Ripeness::kLikely && now - stuck.since_ns >= kHangingSelfWaitNs);
}
inline Ripeness ripenessOf(const RecordView& view, const StuckThread& stuck, bool alone, std::uint64_t now) {
  const LockRow* lock = view.lock(stuck.wait_for);
  const bool shared = lock != nullptr && (lock->flags & kProcessShared) != 0;  // with another process
  if (stuck.kind != StuckKind::kSelf || (alone && !shared)) return Ripeness::kProven;
  // Who keeps both ends of a pipe to itself waits for nobody else.
  if (lock != nullptr && (lock->kind == LockKind::kOnce || lock->kind == LockKind::kStaticGuard ||
                          lock->kind == LockKind::kPipe))
    return Ripeness::kProven;
  return stuck.since_ns != 0 && now > stuck.since_ns && now - stuck.since_ns >= kLongSelfWaitNs
             ? Ripeness::kLikely
             : Ripeness::kNotYet;
}

// In EventRow::detail of a self-deadlock, beside the StuckKind: it was likely, not proven.
inline constexpr std::uint32_t kOthersRanOn = 1u << 8;

enum class Look {
  kClear,   // everybody can go on, or things moved while we looked
  kStuck,   // see the verdict
  kNoRoom,  // more memory is needed: ask WaitGraph::bytesFor again
};

class WaitGraph {
 public:
  // Memory that suffices for a look at the record as it is now.
  static std::size_t bytesFor(const RecordView& view) {
    const Index threads = view.end(Table::kThreads);
    std::size_t held = 64;
    for (Index i = 1; i < threads; ++i) {
      const ThreadRow* row = view.thread(i);
      if (row->state.load(std::memory_order_acquire) != 0)
        held += row->held_count.load(std::memory_order_relaxed);
    }
    return std::size_t{threads} * (sizeof(Node) + sizeof(StuckThread) + 3 * sizeof(Index)) +
           held * sizeof(Hold);
  }

  // `memory` must be aligned to 8. The verdict points into it.
  Look find(const RecordView& view, const Outside& outside, void* memory, std::size_t bytes,
            Verdict& verdict) {
    verdict = {};
    view_ = view;
    outside_ = outside;
    if (!layOut(memory, bytes)) return Look::kNoRoom;
    if (!snapshot(outside)) return Look::kClear;
    if (!collectHolds()) return Look::kNoRoom;
    const bool stuck = solve();
    if (!stuck) return Look::kClear;
    findGroups();
    if (!stillTheSame()) return Look::kClear;
    fill(verdict);
    return verdict.count != 0 ? Look::kStuck : Look::kClear;
  }

 private:
  enum Status : std::uint8_t { kAbsent, kEnded, kActs, kWaitsForAll, kWaitsForAny };

  struct Node {
    std::uint32_t serial;
    std::uint32_t how;
    Index wait_for;
    std::uint32_t reported;
    Index first_hold;  // kWaitsForAll on a lock: index into holds_ of the list of its holders
    std::uint32_t group;
    std::uint32_t order;  // of the depth-first search; 0: not visited
    std::uint32_t low;
    Index blocker;
    WaitKind wait_kind;
    Status status;
    StuckKind kind;
    bool on_stack;
    bool unpublished;
  };

  // One held entry of a lock that somebody waits for.
  struct Hold {
    Index lock;
    Index thread;
    Index next;  // further hold of the same lock
    std::uint32_t shared;
  };

  bool layOut(void* memory, std::size_t bytes) {
    threads_ = view_.end(Table::kThreads);
    const std::size_t fixed =
        std::size_t{threads_} * (sizeof(Node) + sizeof(StuckThread) + 3 * sizeof(Index));
    if (bytes < fixed + sizeof(Hold)) return false;
    char* at = static_cast<char*>(memory);
    nodes_ = reinterpret_cast<Node*>(at);
    at += sizeof(Node) * threads_;
    stuck_ = reinterpret_cast<StuckThread*>(at);
    at += sizeof(StuckThread) * threads_;
    waited_ = reinterpret_cast<Index*>(at);
    path_ = waited_ + threads_;
    component_ = path_ + threads_;
    at += 3 * sizeof(Index) * threads_;
    holds_ = reinterpret_cast<Hold*>(at);
    hold_capacity_ = static_cast<std::uint32_t>((bytes - fixed) / sizeof(Hold));
    hold_count_ = 1;  // 0 ends a list
    return true;
  }

  static RequestKind requestOf(std::uint32_t how) { return static_cast<RequestKind>((how >> 8) & 0xff); }
  static bool isShared(std::uint32_t how) {
    return (how & 0xff) == static_cast<std::uint32_t>(Mode::kShared);
  }

  // False when nobody waits without a limit.
  bool snapshot(const Outside& outside) {
    bool any = false;
    for (Index i = 0; i < threads_; ++i) {
      Node& node = nodes_[i];
      node = {};
      const ThreadRow* row = view_.thread(i);
      if (row == nullptr) continue;
      const auto state = static_cast<ThreadState>(row->state.load(std::memory_order_acquire));
      if (state == ThreadState::kEmpty) continue;
      if (state == ThreadState::kExited || state == ThreadState::kJoined) {
        node.status = kEnded;
        continue;
      }
      node.status = kActs;
      if ((row->flags & kCancelled) != 0) continue;
      node.serial = row->wait_serial.load(std::memory_order_acquire);
      if (node.serial % 2 == 0) {
        any = findUnpublished(node, *row) || any;
        continue;
      }
      node.wait_kind = static_cast<WaitKind>(row->wait_kind.load(std::memory_order_relaxed));
      node.wait_for = row->wait_for.load(std::memory_order_relaxed);
      node.how = row->wait_how.load(std::memory_order_relaxed);
      node.reported = row->reported_wait.load(std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_acquire);
      if (row->wait_serial.load(std::memory_order_relaxed) != node.serial) continue;
      if (requestOf(node.how) != RequestKind::kBlocking) continue;
      switch (node.wait_kind) {
        case WaitKind::kLock:
        case WaitKind::kOnce:
          if (view_.lock(node.wait_for) == nullptr) break;
          node.status = kWaitsForAll;
          break;
        case WaitKind::kJoin:
          if (node.wait_for == kNone || node.wait_for >= threads_) break;
          node.status = kWaitsForAll;
          break;
        case WaitKind::kCondition:
        case WaitKind::kSemaphore:
        case WaitKind::kBarrier:
        case WaitKind::kFutex:
          if (const LockRow* lock = view_.lock(node.wait_for);
              lock == nullptr || (lock->flags & kProcessShared) != 0) {
            break;
          }
          if (outside.others_may_act || outside.asleep == nullptr || !outside.asleep(outside.context, *row))
            break;
          node.status = kWaitsForAny;
          break;
        default:
          break;
      }
      any = any || node.status != kActs;
    }
    return any;
  }

  bool findUnpublished(Node& node, const ThreadRow& row) {
    if (outside_.sleeps_at == nullptr) return false;
    const auto [lock, how, stack] = view_.requestOf(row);
    const LockRow* asked = view_.lock(lock);
    if (asked == nullptr || requestOf(how) != RequestKind::kBlocking) return false;
    const std::uint64_t futex = outside_.sleeps_at(outside_.context, row);
    constexpr std::uint64_t kLargestLock = 64;
    if (futex < asked->address || futex >= asked->address + kLargestLock) return false;
    node.wait_kind = WaitKind::kLock;
    node.wait_for = lock;
    node.how = how;
    node.reported = row.reported_wait.load(std::memory_order_relaxed);
    node.unpublished = true;
    node.status = kWaitsForAll;
    return true;
  }

  // Finds out who holds the locks that are waited for.
  bool collectHolds() {
    std::uint32_t waited = 0;
    for (Index i = 1; i < threads_; ++i) {
      if (waitsForLock(nodes_[i])) waited_[waited++] = nodes_[i].wait_for;
    }
    if (waited == 0) return true;
    sort(waited_, waited);
    waited_count_ = unique(waited_, waited);
    for (std::uint32_t i = 0; i < waited_count_; ++i) path_[i] = 0;  // heads of the lists, for now
    bool room = true;
    for (Index i = 1; i < threads_ && room; ++i) {
      if (nodes_[i].status == kAbsent) continue;
      view_.eachHeld(*view_.thread(i), [&](const HeldEntry& entry, std::uint32_t) {
        const Index lock = entry.lock.load(std::memory_order_relaxed);
        const std::uint32_t at = position(lock);
        if (at == waited_count_) return true;
        if (hold_count_ == hold_capacity_) return room = false;
        holds_[hold_count_] = {lock, i, path_[at], entry.mode == static_cast<std::uint8_t>(Mode::kShared)};
        path_[at] = hold_count_++;
        return true;
      });
    }
    for (Index i = 1; i < threads_; ++i) {
      if (waitsForLock(nodes_[i])) nodes_[i].first_hold = path_[position(nodes_[i].wait_for)];
    }
    return room;
  }

  static bool waitsForLock(const Node& node) {
    return node.status == kWaitsForAll && node.wait_kind != WaitKind::kJoin;
  }

  std::uint32_t position(Index lock) const {
    std::uint32_t low = 0;
    std::uint32_t high = waited_count_;
    while (low < high) {
      const std::uint32_t middle = (low + high) / 2;
      if (waited_[middle] < lock) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < waited_count_ && waited_[low] == lock ? low : waited_count_;
  }

  static void sort(Index* values, std::uint32_t count) {  // heap sort: no worst case, no memory
    for (std::uint32_t i = count / 2; i-- > 0;) sift(values, i, count);
    for (std::uint32_t end = count; end-- > 1;) {
      const Index last = values[end];
      values[end] = values[0];
      values[0] = last;
      sift(values, 0, end);
    }
  }
  static void sift(Index* values, std::uint32_t from, std::uint32_t count) {
    const Index value = values[from];
    for (std::uint32_t child; (child = 2 * from + 1) < count; from = child) {
      if (child + 1 < count && values[child + 1] > values[child]) ++child;
      if (values[child] <= value) break;
      values[from] = values[child];
    }
    values[from] = value;
  }
  static std::uint32_t unique(Index* values, std::uint32_t count) {
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (kept == 0 || values[kept - 1] != values[i]) values[kept++] = values[i];
    }
    return kept;
  }

  // Calls visit(thread) for each thread that holds `node` back, until it says false. Says whether
  // anybody does.
  template <typename Visit>
  bool eachBlocker(Index self, const Node& node, Visit&& visit) const {
    if (node.wait_kind == WaitKind::kJoin) {
      visit(node.wait_for);
      return true;
    }
    const LockRow* lock = view_.lock(node.wait_for);
    const bool shared = isShared(node.how);
    bool any = false;
    for (Index at = node.first_hold; at != 0; at = holds_[at].next) {
      if (shared && holds_[at].shared) continue;
      any = true;
      if (!visit(holds_[at].thread)) return true;
    }
    if (any || !shared || lock->kind != LockKind::kRwlockPrefersWriters || node.first_hold == 0) return any;
    // Readers hold it, and a writer that waits keeps new readers out.
    for (Index i = 1; i < threads_; ++i) {
      const Node& other = nodes_[i];
      if (i != self && other.status == kWaitsForAll && other.wait_kind == WaitKind::kLock &&
          other.wait_for == node.wait_for && !isShared(other.how)) {
        any = true;
        if (!visit(i)) return true;
      }
    }
    return any;
  }

  bool canAct(Index thread) const { return nodes_[thread].status == kActs; }

  bool mayGoOn(Index self) const {
    const Node& node = nodes_[self];
    if (node.wait_kind == WaitKind::kJoin) {
      // An ended thread is about to be joined; an absent one is none of ours.
      const Status target = nodes_[node.wait_for].status;
      return target == kActs || target == kEnded || target == kAbsent;
    }
    const LockRow* lock = view_.lock(node.wait_for);
    if ((lock->flags & kHandedOver) != 0) return true;
    const bool robust = (lock->flags & kRobust) != 0;
    bool all = true;
    const bool any = eachBlocker(self, node, [&](Index blocker) {
      return all = canAct(blocker) || (robust && nodes_[blocker].status == kEnded);
    });
    return all || !any;
  }

  // Leaves with kWaitsFor… only those who can never go on. Says whether there are any.
  bool solve() {
    bool anybody_acts = false;
    for (Index i = 1; i < threads_; ++i) anybody_acts = anybody_acts || nodes_[i].status == kActs;
    for (bool changed = true; changed;) {
      changed = false;
      for (Index i = 1; i < threads_; ++i) {
        Node& node = nodes_[i];
        if ((node.status == kWaitsForAll && mayGoOn(i)) || (node.status == kWaitsForAny && anybody_acts)) {
          node.status = kActs;
          changed = anybody_acts = true;
        }
      }
    }
    for (Index i = 1; i < threads_; ++i) {
      if (isStuck(i)) return true;
    }
    return false;
  }

  bool isStuck(Index i) const { return nodes_[i].status == kWaitsForAll || nodes_[i].status == kWaitsForAny; }

  void findGroups() {
    groups_ = 0;
    order_ = 0;
    component_count_ = 0;
    for (Index i = 1; i < threads_; ++i) {
      if (nodes_[i].status == kWaitsForAll && nodes_[i].order == 0) search(i);
    }
    for (Index i = 1; i < threads_; ++i) {
      Node& node = nodes_[i];
      if (node.status != kWaitsForAll || node.group != 0 || node.wait_kind == WaitKind::kJoin) continue;
      eachBlocker(i, node, [&](Index blocker) {
        if (nodes_[blocker].status != kEnded) return true;
        node.group = ++groups_;
        node.kind = StuckKind::kAbandoned;
        node.blocker = blocker;
        return false;
      });
    }
    if (groups_ != 0) return;
    // No ring of owners: all wait, in the end, for somebody of whom nobody can act.
    groups_ = 1;
    for (Index i = 1; i < threads_; ++i) {
      if (!isStuck(i)) continue;
      nodes_[i].group = 1;
      nodes_[i].kind = StuckKind::kKnot;
    }
  }

  // Tarjan's strongly connected components, without recursion: a ring may be as long as there are
  // threads. path_ is the stack of the search; edges are walked anew for each node that is on top.
  void search(Index root) {
    std::uint32_t depth = 0;
    enter(root, depth);
    while (depth != 0) {
      const Index top = path_[depth - 1];
      Node& node = nodes_[top];
      Index next = kNone;
      eachBlocker(top, node, [&](Index blocker) {
        const Node& other = nodes_[blocker];
        if (other.status != kWaitsForAll) return true;
        if (other.order == 0) {
          next = blocker;
          return false;
        }
        if (other.on_stack && other.low < node.low) node.low = other.low;
        return true;
      });
      if (next != kNone) {
        enter(next, depth);
        continue;
      }
      --depth;
      if (depth != 0 && node.low < nodes_[path_[depth - 1]].low) nodes_[path_[depth - 1]].low = node.low;
      if (node.low == node.order) close(top);
    }
  }

  void enter(Index i, std::uint32_t& depth) {
    nodes_[i].order = nodes_[i].low = ++order_;
    nodes_[i].on_stack = true;
    path_[depth++] = i;
    component_[component_count_++] = i;
  }

  void close(Index top) {
    std::uint32_t first = component_count_;
    do {
      --first;
      nodes_[component_[first]].on_stack = false;
    } while (component_[first] != top);
    const bool alone = component_count_ - first == 1;
    bool ring = !alone;
    if (alone) {
      eachBlocker(top, nodes_[top], [&](Index blocker) { return !(ring = ring || blocker == top); });
    }
    if (ring) {
      ++groups_;
      for (std::uint32_t i = first; i < component_count_; ++i) {
        nodes_[component_[i]].group = groups_;
        nodes_[component_[i]].kind = alone ? StuckKind::kSelf : StuckKind::kCycle;
      }
    }
    component_count_ = first;
  }

  // What ThreadRow::reported_wait holds once this wait was told of.
  static std::uint32_t reportMark(const Node& node) {
    return node.unpublished ? node.serial | kUnpublishedMark : node.serial;
  }

  bool stillTheSame() const {
    std::atomic_thread_fence(std::memory_order_acquire);
    for (Index i = 1; i < threads_; ++i) {
      if (!isStuck(i)) continue;
      const ThreadRow& row = *view_.thread(i);
      if (row.wait_serial.load(std::memory_order_acquire) != nodes_[i].serial) return false;
      if (nodes_[i].unpublished && view_.requestOf(row).lock != nodes_[i].wait_for) return false;
    }
    return true;
  }

  void fill(Verdict& verdict) {
    for (Index i = 1; i < threads_; ++i) {
      Node& node = nodes_[i];
      if (!isStuck(i)) continue;
      if (node.status == kWaitsForAll && node.blocker == kNone) {
        eachBlocker(i, node, [&](Index blocker) {
          if (node.blocker == kNone || nodes_[blocker].group == node.group) node.blocker = blocker;
          return nodes_[node.blocker].group != node.group || node.group == 0;
        });
      }
      stuck_[verdict.count++] = {
          i,
          node.serial,
          node.wait_kind,
          node.wait_for,
          node.how,
          node.blocker,
          node.group,
          node.kind,
          node.reported == reportMark(node),
          node.reported == (reportMark(node) | kLikelyMark),
          node.unpublished,
          stackOf(i),
          node.unpublished ? 0 : view_.thread(i)->wait_since_ns.load(std::memory_order_relaxed)};
    }
    for (Index i = 1; i < threads_; ++i)
      verdict.anybody_acts = verdict.anybody_acts || nodes_[i].status == kActs;
    verdict.stuck = stuck_;
    verdict.groups = groups_;
  }

  Index stackOf(Index i) const {
    const ThreadRow& row = *view_.thread(i);
    return nodes_[i].unpublished ? view_.requestOf(row).stack
                                 : row.wait_stack.load(std::memory_order_relaxed);
  }

  RecordView view_;
  Outside outside_;
  Index threads_ = 0;
  Node* nodes_ = nullptr;
  StuckThread* stuck_ = nullptr;
  Index* waited_ = nullptr;
  Index* path_ = nullptr;
  Index* component_ = nullptr;
  Hold* holds_ = nullptr;
  std::uint32_t waited_count_ = 0;
  std::uint32_t hold_capacity_ = 0;
  std::uint32_t hold_count_ = 0;
  std::uint32_t component_count_ = 0;
  std::uint32_t order_ = 0;
  std::uint32_t groups_ = 0;
};

}  // namespace gridlock::record
