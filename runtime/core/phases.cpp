// See phases.h.
//
// The members of a round form a chain of segments, each after its own thread's and after that of the member
// that came before it; the last one stands behind all. A round is over before any member of the next but one
// comes, so that two chains a barrier suffice.
//
// A new segment makes all that its thread does look new. So only the first rounds of a barrier are followed:
// a program with phases that matter for lock orders has few, a loop with a barrier in it has millions: there
// the first rounds tell how the further ones are ordered (ThreadFlag::kUnfollowed).

#include "runtime/core/phases.h"

#include "runtime/base/table.h"
#include "runtime/core/events.h"
#include "runtime/core/handshakes.h"

namespace gridlock::runtime {
namespace {

constexpr std::uint32_t kMostRounds = 16;
constexpr std::uint32_t kMostBarriers = 1024;

struct Barrier {
  std::uint32_t arrivals;
  Index last[2];
};

InternTable numbers;  // kLocks row -> number of the barrier
Barrier* barriers = nullptr;
std::uint32_t barrier_count = 0;
SpinLock barrier_lock{LockRank::kVerdict};

}  // namespace

Phase arriving(const Object& object) {
  Thread* thread = thisThread();
  if (thread == nullptr || (object.flags & record::kProcessShared) != 0) return {};
  Inside inside(thread);
  const Index lock = knownLock(object);
  const std::uint32_t members =
      lock == kNone ? 0 : current.locks[lock].detail.load(std::memory_order_relaxed);
  if (members < 2) return {};
  SpinGuard guard(barrier_lock);
  if (barriers == nullptr) barriers = static_cast<Barrier*>(arena.allocate(sizeof(Barrier) * kMostBarriers));
  if (barriers == nullptr) return {};
  const std::uint64_t key = mix(lock, 0x6261'7272'0000'0001u);
  std::uint32_t number = numbers.find(key);
  if (number == 0) {
    if (barrier_count + 1 >= kMostBarriers) return {};
    number = ++barrier_count;
    barriers[number] = {};
    numbers.insert(key, number);
  }
  Barrier& barrier = barriers[number];
  const std::uint32_t round = barrier.arrivals / members;
  if (round >= kMostRounds) {
    leaveUnfollowed(*thread);
    return {};
  }
  const std::uint32_t slot = round % 2;
  if (barrier.arrivals % members == 0) barrier.last[slot] = kNone;
  barrier.last[slot] = endOfSegment(*thread, barrier.last[slot]);
  ++barrier.arrivals;
  return {slot, number};
}

void passed(Phase phase) {
  Thread* thread = phase.barrier == 0 ? nullptr : thisThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  const Index last = barriers[phase.barrier].last[phase.slot];
  if (last != kNone) startSegment(*thread, last);
}

void phasesAfterFork() {
  numbers.afterFork();
  barriers = nullptr;
  barrier_count = 0;
  barrier_lock.reset();
}

}  // namespace gridlock::runtime
