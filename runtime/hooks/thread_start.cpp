// See thread_start.h.

#include "runtime/hooks/thread_start.h"

#include "runtime/base/arena.h"
#include "runtime/base/spinlock.h"

namespace gridlock::runtime {
namespace {

Start* free_starts = nullptr;
SpinLock free_starts_lock{LockRank::kStart};

void routineEnded(void*) {
  if (Thread* self = knownThread(); self != nullptr && !endIsSeen()) endThread(*self);
}

}  // namespace

Start* takeStart() {
  {
    SpinGuard guard(free_starts_lock);
    if (Start* start = free_starts; start != nullptr) {
      free_starts = start->next_free;
      return start;
    }
  }
  return static_cast<Start*>(arena.allocate(sizeof(Start)));
}

void giveStart(Start* start) {
  SpinGuard guard(free_starts_lock);
  start->next_free = free_starts;
  free_starts = start;
}

void startsAfterFork() {
  free_starts_lock.reset();
  free_starts = nullptr;
}

bool joinIsRefused(Index row) {
  const Thread* self = knownThread();
  if (self == nullptr || row == kNone) return false;
  if (row == self->index) return true;
  const record::ThreadRow& other = current.threads[row];
  return other.wait_serial.load(std::memory_order_acquire) % 2 != 0 &&
         other.wait_kind.load(std::memory_order_relaxed) == static_cast<std::uint32_t>(WaitKind::kJoin) &&
         other.wait_for.load(std::memory_order_relaxed) == self->index;
}

namespace {

[[gnu::noinline]] void* runAndTell(void* (*routine)(void*), void* argument) {
  void* result;
  pthread_cleanup_push(routineEnded, nullptr);
  result = routine(argument);
  pthread_cleanup_pop(1);
  return result;
}

}  // namespace

// Jumps to the routine: programs look at their own stacks, and ours is no frame of theirs.
void* runThread(void* argument) {
  auto* start = static_cast<Start*>(argument);
  void* (*const routine)(void*) = start->routine;
  void* const with = start->argument;
  adoptThread(start->row, reinterpret_cast<std::uint64_t>(__builtin_frame_address(0)));
  if (Thread* self = knownThread(); self != nullptr) self->born_under = start->born_under;
  giveStart(start);
  if (endIsSeen()) [[likely]]
    return routine(with);
  return runAndTell(routine, with);
}

}  // namespace gridlock::runtime
