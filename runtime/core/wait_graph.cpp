// From a verdict to rows of the record, a line for the human, and the end that was asked for.

#include "runtime/core/wait_graph.h"

#include "gridlock/wait_graph.h"
#include "runtime/base/print.h"
#include "runtime/base/spinlock.h"
#include "runtime/core/clock.h"
#include "runtime/core/events.h"
#include "runtime/core/init.h"
#include "runtime/core/options.h"
#include "runtime/core/speak.h"

namespace gridlock::runtime {
namespace {

using record::Ripeness;
using record::StuckKind;
using record::StuckThread;

SpinLock verdict_lock{LockRank::kVerdict};
void* scratch = nullptr;
std::size_t scratch_size = 0;

// Beyond this many threads the whole graph is left to the watcher: a convoy would pay for it at every step.
constexpr Index kManyThreads = 128;

// A thread that still waits for itself when the process ends is told of when it did so for longer than this.
constexpr std::uint64_t kLongAtTheEndNs = 800'000'000;

bool makeRoom(std::size_t bytes) {
  if (bytes <= scratch_size) return true;
  if (scratch != nullptr) sys::unmap(scratch, scratch_size);
  scratch_size = (bytes * 2 + 65535) & ~std::size_t{65535};
  scratch = sys::map(scratch_size);
  if (scratch == nullptr) scratch_size = 0;
  return scratch != nullptr;
}

Index heldChain(const record::RecordView& view, const record::ThreadRow& row) {
  Index chain = kNone;
  view.eachHeld(row, [&](const record::HeldEntry& entry, std::uint32_t) {
    chain = entry.chain;
    return false;
  });
  return chain;
}

void describe(Line& line, const record::ThreadRow& row) {
  line << "thread " << row.tid << " \"";
  for (char c : row.name) {
    if (c == '\0') break;
    line.put(c >= ' ' && c < 127 ? c : '?');
  }
  line << "\"";
}

void writeGroup(const record::RecordView& view, const record::Verdict& verdict, std::uint32_t group,
                bool others_ran_on, bool in_silence) {
  const std::uint32_t number = current.header->deadlock_groups.load(std::memory_order_relaxed) + 1;
  std::uint32_t members = 0;
  StuckKind kind = StuckKind::kCycle;
  const StuckThread* one = nullptr;
  for (std::uint32_t i = 0; i < verdict.count; ++i) {
    const StuckThread& stuck = verdict.stuck[i];
    if (stuck.group != group) continue;
    ++members;
    kind = stuck.kind;
    one = &stuck;
    record::ThreadRow& row = current.threads[stuck.thread];
    const bool on_lock = stuck.wait_kind != record::WaitKind::kJoin;
    addEventFor(stuck.thread, heldChain(view, row),
                {.kind = kind == StuckKind::kSelf ? EventKind::kSelfDeadlock : EventKind::kDeadlock,
                 .mode = static_cast<Mode>(stuck.how & 0xff),
                 .request = static_cast<RequestKind>((stuck.how >> 8) & 0xff),
                 .lock = on_lock ? stuck.wait_for : kNone,
                 .stack = stuck.stack,
                 .other_thread = stuck.blocker,
                 .other_stack = on_lock ? view.stackOfHold(stuck.blocker, stuck.wait_for) : kNone,
                 .group = number,
                 .wait_serial = others_ran_on ? stuck.wait_serial : 0,
                 .detail = static_cast<std::uint32_t>(kind) | (others_ran_on ? record::kOthersRanOn : 0)});
    if (kind == StuckKind::kAbandoned &&
        (current.threads[stuck.blocker].flags & record::kThreadOfParent) != 0) {
      addEventFor(stuck.thread, kNone,
                  {.kind = EventKind::kForkWhileLocked,
                   .lock = stuck.wait_for,
                   .stack = stuck.stack,
                   .other_thread = stuck.blocker});
    }
    row.reported_wait.store(stuck.wait_serial | (stuck.unpublished ? record::kUnpublishedMark : 0) |
                                (others_ran_on ? record::kLikelyMark : 0),
                            std::memory_order_relaxed);
  }
  current.header->deadlock_groups.store(number, std::memory_order_release);
  if (in_silence) return;
  Line line;
  if (kind == StuckKind::kSelf) {
    line << "self-deadlock: ";
    describe(line, current.threads[one->thread]);
    line << " waits for a lock that it holds itself";
    if (others_ran_on) line << "; the program goes on, as another thread may release it";
  } else if (kind == StuckKind::kAbandoned) {
    line << "deadlock: ";
    describe(line, current.threads[one->thread]);
    line << " waits for a lock that an ended thread did not release";
  } else {
    line << "deadlock: " << members << (members == 1 ? " thread waits" : " threads wait")
         << (kind == StuckKind::kKnot ? ", and nobody is left who could end it: " : " for each other: ");
    bool first = true;
    for (std::uint32_t i = 0; i < verdict.count && line.length() < 600; ++i) {
      if (verdict.stuck[i].group != group) continue;
      if (!first) line << ", ";
      first = false;
      describe(line, current.threads[verdict.stuck[i].thread]);
    }
  }
  line << " (process " << current.header->pid << ")";
  say(line);
}

// Writes what was not told yet. True when there was something that ends the program.
bool tell(const record::RecordView& view, const record::Verdict& verdict, bool alone, bool at_end,
          Sight& sight) {
  bool ends = false;
  const std::uint64_t now = nowNs();
  for (std::uint32_t group = 1; group <= verdict.groups; ++group) {
    bool known = true;
    bool told_likely = true;
    bool hangs = true;
    Ripeness ripeness = Ripeness::kProven;
    std::uint64_t waited = 0;
    for (std::uint32_t i = 0; i < verdict.count; ++i) {
      if (verdict.stuck[i].group != group) continue;
      if (!verdict.stuck[i].reported) known = false;
      if (!verdict.stuck[i].told_likely) told_likely = false;
      waited = now - verdict.stuck[i].since_ns;
      ripeness = ripenessOf(view, verdict.stuck[i], alone, now);
      hangs = endsProgram(ripeness, verdict.stuck[i], now);
    }
    if (known) continue;
    if (ripeness == Ripeness::kNotYet && at_end && waited > kLongAtTheEndNs) ripeness = Ripeness::kLikely;
    if (ripeness == Ripeness::kNotYet) {
      sight = Sight::kUnripe;
      continue;
    }
    const bool likely = ripeness == Ripeness::kLikely;
    // A program that ends by itself has its report; it prints what it prints alone.
    if (!likely || !told_likely) writeGroup(view, verdict, group, likely, at_end);
    if (!hangs) sight = Sight::kUnripe;
    ends = ends || hangs;
  }
  return ends;
}

std::uint64_t hexAfter(const char* text, const char* key) {
  for (const char* at = text; *at != '\0'; ++at) {
    std::size_t i = 0;
    while (key[i] != '\0' && at[i] == key[i]) ++i;
    if (key[i] != '\0') continue;
    at += i;
    while (*at == ' ' || *at == '\t') ++at;
    std::uint64_t value = 0;
    for (;; ++at) {
      if (*at >= '0' && *at <= '9') {
        value = value * 16 + static_cast<std::uint64_t>(*at - '0');
      } else if (*at >= 'a' && *at <= 'f') {
        value = value * 16 + static_cast<std::uint64_t>(*at - 'a' + 10);
      } else {
        return value;
      }
    }
  }
  return ~std::uint64_t{0};
}

// Signals that a thread of ours does not let through.
std::uint64_t blockedSignals(std::uint32_t tid) {
  Line path;
  path << "/proc/self/task/" << tid << "/status";
  char text[4096];
  return sys::readFile(path.text(), text, sizeof(text)) <= 0 ? 0 : hexAfter(text, "SigBlk:");
}

// Whether somebody whom the record does not show may end a wait: a signal handler, an unknown thread.
bool othersMayAct(const record::RecordView& view) {
  char text[4096];
  if (sys::readFile("/proc/self/status", text, sizeof(text)) <= 0) return true;
  std::uint32_t known = watcherRuns() ? 1 : 0;
  // Handlers of faults help nobody; the first two real-time signals are libc's own.
  constexpr std::uint64_t kHarmless =
      1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 10 | 1u << 30 | std::uint64_t{3} << 31;
  std::uint64_t handled = hexAfter(text, "SigCgt:") & ~kHarmless;
  std::uint64_t blocked_by_all = ~std::uint64_t{0};
  for (Index i = 1; i < view.end(Table::kThreads); ++i) {
    const record::ThreadRow& row = *view.thread(i);
    const auto state = static_cast<record::ThreadState>(row.state.load(std::memory_order_relaxed));
    if (state != record::ThreadState::kRunning) continue;
    ++known;
    if ((handled & blocked_by_all) != 0) blocked_by_all &= blockedSignals(row.tid);
  }
  if ((handled & ~blocked_by_all) != 0) return true;
  // "Threads:" is decimal, but its digits read as hexadecimal serve to compare.
  Line expected;
  expected << known;
  return hexAfter(text, "Threads:") != hexAfter(expected.text(), "");
}

// The futex a thread of ours sleeps at; 0 when it does not.
std::uint64_t sleepsAt(void*, const record::ThreadRow& row) {
  Line path;
  path << "/proc/self/task/" << row.tid << "/syscall";
  char text[256];
  if (sys::readFile(path.text(), text, sizeof(text)) <= 0) return 0;
  constexpr const char* kFutexCall = "202 0x";
  const std::uint64_t address = hexAfter(text, kFutexCall);
  return text[0] == '2' && address != ~std::uint64_t{0} ? address : 0;
}

bool asleep(void*, const record::ThreadRow& row) { return sleepsInKernel(row); }

bool hasSelfWait(const record::Verdict& verdict) {
  for (std::uint32_t i = 0; i < verdict.count; ++i) {
    if (verdict.stuck[i].kind == StuckKind::kSelf && !verdict.stuck[i].reported) return true;
  }
  return false;
}

// Whether this address of ours lies in memory that other processes may map, too.
bool isSharedMemory(std::uint64_t address) {
  const long fd = sys::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return true;
  char text[2048];
  std::size_t kept = 0;
  bool shared = false;
  for (long got; (got = sys::read(static_cast<int>(fd), text + kept, sizeof(text) - 1 - kept)) > 0;) {
    const std::size_t length = kept + static_cast<std::size_t>(got);
    std::size_t line = 0;
    for (std::size_t end = line; end < length; ++end) {
      if (text[end] != '\n') continue;
      text[end] = '\0';
      const char* dash = text + line;
      while (*dash != '-' && *dash != '\0') ++dash;
      if (*dash == '-' && address >= hexAfter(text + line, "") && address < hexAfter(dash + 1, "")) {
        const char* rights = dash;
        while (*rights != ' ' && *rights != '\0') ++rights;
        shared = rights[0] == ' ' && rights[1] != '\0' && rights[2] != '\0' && rights[3] != '\0' &&
                 rights[4] == 's';
      }
      line = end + 1;
    }
    kept = length - line;
    if (kept >= sizeof(text) - 1) kept = 0;  // a name longer than the room; the line's beginning was seen
    for (std::size_t i = 0; i < kept; ++i) text[i] = text[line + i];
  }
  sys::close(static_cast<int>(fd));
  return shared;
}

// Whether another process may end one of the waits that anybody may end.
bool othersShareAWait(const record::Verdict& verdict) {
  for (std::uint32_t i = 0; i < verdict.count; ++i) {
    const StuckThread& stuck = verdict.stuck[i];
    if (stuck.kind != StuckKind::kKnot || stuck.wait_kind == record::WaitKind::kLock ||
        stuck.wait_kind == record::WaitKind::kJoin || stuck.wait_kind == record::WaitKind::kOnce) {
      continue;
    }
    if (isSharedMemory(current.threads[stuck.thread].wait_address.load(std::memory_order_relaxed)))
      return true;
  }
  return false;
}

// Whether a child process shares our memory (clone without CLONE_THREAD): it may end a wait, or give a lock.
bool aChildSharesMemory(const record::RecordView& view) {
  for (Index i = 1; i < view.end(Table::kThreads); ++i) {
    const record::ThreadRow& row = *view.thread(i);
    if (row.state.load(std::memory_order_relaxed) !=
        static_cast<std::uint32_t>(record::ThreadState::kRunning))
      continue;
    Line path;
    path << "/proc/self/task/" << row.tid << "/children";
    char text[4096];
    if (sys::readFile(path.text(), text, sizeof(text)) <= 0) continue;
    long child = 0;
    for (const char* at = text; *at != '\0'; ++at) {
      constexpr long kCompareMemory = 1;  // KCMP_VM
      if (*at >= '0' && *at <= '9') {
        child = child * 10 + (*at - '0');
      } else if (child != 0) {
        if (sys::call(SYS_kcmp, sys::getpid(), child, kCompareMemory, 0, 0) == 0) return true;
        child = 0;
      }
    }
  }
  return false;
}

// Waits that somebody whom the record does not show could end.
bool hasOpenWait(const record::Verdict& verdict) {
  for (std::uint32_t i = 0; i < verdict.count; ++i) {
    if (verdict.stuck[i].kind == StuckKind::kKnot || verdict.stuck[i].kind == StuckKind::kSelf) return true;
  }
  return false;
}

bool hasUnpublished(const record::Verdict& verdict) {
  for (std::uint32_t i = 0; i < verdict.count; ++i) {
    if (verdict.stuck[i].unpublished) return true;
  }
  return false;
}

}  // namespace

bool sleepsInKernel(const record::ThreadRow& row) { return sleepsAt(nullptr, row) != 0; }

bool sleepsAtItsCondition(const record::ThreadRow& row) {
  return sleepsAt(nullptr, row) - row.wait_address.load(std::memory_order_relaxed) < sizeof(pthread_cond_t);
}

Sight lookAtAll(Moment moment) {
  if (!options.detect_deadlocks || !verdict_lock.tryLock()) return Sight::kClear;
  const record::RecordView view = viewRecord();
  record::Outside outside;
  bool also_knots = moment != Moment::kBlocking;
  outside.asleep = asleep;
  record::WaitGraph graph;
  record::Verdict verdict;
  bool told = false;
  Sight sight = Sight::kClear;
  bool confirmed = false;
  for (int round = 0; round < 5; ++round) {
    if (!makeRoom(record::WaitGraph::bytesFor(view))) break;
    outside.others_may_act = !also_knots || othersMayAct(view);
    outside.sleeps_at = also_knots && moment != Moment::kTheEnd ? sleepsAt : nullptr;
    const record::Look look = graph.find(view, outside, scratch, scratch_size, verdict);
    if (look == record::Look::kNoRoom) continue;
    sight = look == record::Look::kStuck ? Sight::kStuck : Sight::kClear;
    if (sight == Sight::kClear) break;
    if (!outside.others_may_act && hasOpenWait(verdict)) {
      outside.others_may_act = aChildSharesMemory(view);
      if (othersShareAWait(verdict) || (outside.others_may_act && !hasSelfWait(verdict))) {
        sight = Sight::kClear;
        break;
      }
    }
    if (!also_knots && hasSelfWait(verdict)) {
      also_knots = true;  // whether anybody else could act
      continue;
    }
    if (hasUnpublished(verdict) && !confirmed) {
      // Nothing marks such a wait as one and the same: it counts when it is there again a while later.
      confirmed = true;
      sys::sleepNs(20'000'000);
      continue;
    }
    const bool alone = !outside.others_may_act && !verdict.anybody_acts;
    told = tell(view, verdict, alone, moment == Moment::kTheEnd, sight);
    break;
  }
  verdict_lock.unlock();
  if (told && moment != Moment::kTheEnd) endOnDeadlock();
  return sight;
}

void lookBeforeBlocking(Thread& thread, std::uint32_t owner) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (owner != kNobody) {
    const Index holder = threadByTid(owner);
    const record::ThreadRow& row = current.threads[holder];
    if (holder != kNone && holder != thread.index &&
        (row.wait_serial.load(std::memory_order_acquire) % 2 == 0 ||
         (row.wait_how.load(std::memory_order_relaxed) >> 8) !=
             static_cast<std::uint32_t>(RequestKind::kBlocking))) {
      return;
    }
  }
  if (current.header->tables[static_cast<std::uint32_t>(Table::kThreads)].claimed.load(
          std::memory_order_relaxed) > kManyThreads) {
    return;
  }
  // A signal handler, or a thread that the program starts no more, may still let go who waits for itself.
  if (lookAtAll(Moment::kBlocking) == Sight::kUnripe) startWatcher();
}

void verdictsAfterFork() { verdict_lock.reset(); }

}  // namespace gridlock::runtime
