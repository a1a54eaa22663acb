// Threads come and go: registration, held stacks that grow by blocks, the cache, segments. In a forked
// child the one thread that survived is registered anew and takes the locks it holds along.

#include "runtime/core/thread_state.h"

#include <pthread.h>

#include "runtime/base/table.h"
#include "runtime/core/clock.h"
#include "runtime/core/events.h"
#include "runtime/core/init.h"
#include "runtime/core/lock_table.h"
#include "runtime/core/situations.h"
#include "runtime/hooks/real.h"

extern "C" void* __libc_stack_end;

namespace gridlock::runtime {
namespace {

constexpr int kWipeOnFork = 18;  // before Linux 4.14: refused, see noteForkedChild

// Threads that record nothing: their gates are shut.
struct Still {
  char gates[kGateDistance] = {};
  Thread unborn{.epoch = kUnborn};
  Thread busy{.epoch = kBusy};
  Thread finished{.epoch = kEndedEpoch};
};
constinit Still still;  // used before any constructor has run
std::uint64_t not_alive = 0;

InternTable handles;  // pthread_t or kernel id -> kThreads

Thread* free_threads = nullptr;
Thread* slab = nullptr;
std::size_t slab_left = 0;
Index free_blocks = kNone;  // linked by HeldBlock::newer
SpinLock free_lock{LockRank::kArena};

pthread_key_t end_key;
bool have_end_key = false;

std::uint64_t tidKey(std::uint32_t tid) { return mix(tid, 0x7469'6400'0000'0001u); }
std::uint64_t handleKey(std::uint64_t handle) { return mix(handle, 0x6861'6e64'0000'0001u); }

// The private twin of a block of the record. `below` stands under its first entry: its hash is that of
// the entry below, its address matches nothing.
struct BlockTwin {
  Shadow below;
  Shadow entries[record::kHeldPerBlock];
  Shadow above;  // never marked: a full block needs no check of its own
};
using Twins = std::atomic<BlockTwin*>;
Twins* twins = nullptr;  // by kHeld index
std::uint32_t twin_capacity = 0;
Twins* twins_of_parent = nullptr;

BlockTwin* twinOf(Index block) { return twins[block].load(std::memory_order_relaxed); }

Index takeBlock(Index thread, Index older) {
  Index block = kNone;
  {
    SpinGuard guard(free_lock);
    if (free_blocks != kNone) {
      block = free_blocks;
      free_blocks = current.held[block].newer;
    }
  }
  if (block == kNone) block = claim(Table::kHeld);
  if (block == kNone || block >= twin_capacity) return kNone;
  if (twinOf(block) == nullptr) {
    auto* twin = static_cast<BlockTwin*>(arena.allocate(sizeof(BlockTwin)));
    if (twin == nullptr) return kNone;
    twins[block].store(twin, std::memory_order_relaxed);
  }
  // Nothing of what stood there is taken for known.
  BlockTwin& twin = *twinOf(block);
  for (Shadow& shadow : twin.entries) shadow = Shadow{};
  twin.below = twin.above = Shadow{};
  record::HeldBlock& row = current.held[block];
  for (record::HeldEntry& entry : row.entries) {
    entry.lock.store(kNone, std::memory_order_relaxed);
    entry.acquired_ns = 0;
    entry.recursion = 0;
  }
  row.thread = thread;
  row.older = older;
  row.newer = kNone;
  row.state.store(1, std::memory_order_release);
  return block;
}

// `below`: how many locks the older blocks hold.
void enterBlock(Thread& thread, Index block, std::uint32_t below, bool at_end) {
  record::HeldBlock& row = current.held[block];
  thread.block = block;
  thread.floor = twinOf(block)->entries;
  thread.has_older = row.older != kNone;
  thread.limit = thread.floor + record::kHeldPerBlock;
  thread.to_entry = 0;
  thread.to_entry =
      reinterpret_cast<char*>(row.entries) - reinterpret_cast<char*>(thread.entryOf(thread.floor));
  thread.count_bias = 0;
  thread.count_bias = below - thread.countAt(thread.floor);
  thread.top = at_end ? thread.limit : thread.floor;
  thread.row->held_block.store(block, std::memory_order_release);
}

// Memory for threads comes by four: a page of gates, a page of threads.
Thread* newThread() {
  SpinGuard guard(free_lock);
  if (slab_left == 0) {
    auto* gates = static_cast<char*>(sys::map(2 * kGateDistance));
    if (gates == nullptr) return nullptr;
    sys::advise(gates, kGateDistance, kWipeOnFork);
    slab = reinterpret_cast<Thread*>(gates + kGateDistance);
    slab_left = kGateDistance / sizeof(Thread);
  }
  return slab + --slab_left;
}

Thread* makeThread() {
  Thread* thread = nullptr;
  {
    SpinGuard guard(free_lock);
    if (free_threads != nullptr) {
      thread = free_threads;
      free_threads = thread->next_free;
    }
  }
  Thread fresh{};
  if (thread != nullptr) {
    fresh.pending = thread->pending;
    if (fresh.pending != nullptr) *static_cast<int*>(fresh.pending) = 0;  // a thread that ended in a request
    fresh.cache = thread->cache;
    fresh.cache_mask = thread->cache_mask;
    fresh.groups = thread->groups;
    fresh.group_mask = thread->group_mask;
    fresh.wait_stacks = thread->wait_stacks;
    fresh.recent = thread->recent;
    fresh.recent_mask = thread->recent_mask;
  } else {
    thread = newThread();
    if (thread == nullptr) return nullptr;
  }
  *thread = fresh;
  return prepareSituations(*thread) ? thread : nullptr;
}

Index makeSegment(Index thread, Index previous, Index other) {
  const Index segment = claim(Table::kSegments);
  if (segment == kNone) return kNone;
  record::SegmentRow& row = current.segments[segment];
  row.thread = thread;
  row.previous = previous;
  row.other = other;
  const bool followed = (current.threads[thread].flags & record::kUnfollowed) == 0;
  row.state.store(followed ? 1 : record::kUnfollowedSegment, std::memory_order_release);
  return segment;
}

void setSegment(Thread& thread, Index segment) {
  thread.row->segment.store(segment, std::memory_order_relaxed);
  // Situations of the old segment are not known any more, on whatever level of the held stack.
  const std::uint64_t change = mix(segment, 0x5e6);
  std::uint64_t used = static_cast<std::uint64_t>(thread.top - thread.floor);
  for (Index block = thread.block; block != kNone; block = current.held[block].older) {
    BlockTwin& twin = *twinOf(block);
    twin.below.place_key ^= change;
    for (std::uint64_t i = 0; i < used; ++i) {
      twin.entries[i].place_key ^= change;
      twin.entries[i].forget();
    }
    if (used < record::kHeldPerBlock) twin.entries[used].forget();
    used = record::kHeldPerBlock;
  }
}

Index makeRow(Index previous_segment) {
  const Index index = claim(Table::kThreads);
  if (index == kNone) return kNone;
  current.threads[index].segment.store(makeSegment(index, previous_segment, kNone),
                                       std::memory_order_relaxed);
  return index;
}

// Binds the calling thread to a row. Its epoch stays 0: the caller raises it.
Thread* bind(Index index, std::uint64_t stack_top) {
  Thread* thread = makeThread();
  if (thread == nullptr) return nullptr;
  record::ThreadRow& row = current.threads[index];
  thread->index = index;
  thread->row = &row;
  thread->tid = sys::gettid();
  thread->stack_top = stack_top;
  const Index block = takeBlock(index, kNone);
  if (block == kNone) return nullptr;
  enterBlock(*thread, block, 0, false);
  setSegment(*thread, row.segment.load(std::memory_order_relaxed));
  row.tid = thread->tid;
  row.handle = static_cast<std::uint64_t>(pthread_self());
  constexpr int kGetName = 16;
  sys::call(SYS_prctl, kGetName, sys::asLong(row.name));
  row.name[sizeof(row.name) - 1] = '\0';
  row.started_ns.store(nowNs(), std::memory_order_relaxed);
  row.state.store(static_cast<std::uint32_t>(record::ThreadState::kRunning), std::memory_order_release);
  handles.replace(tidKey(thread->tid), index);
  handles.replace(handleKey(row.handle), index);
  if (have_end_key) pthread_setspecific(end_key, thread);
  return thread;
}

// The top of the calling thread's stack, as far as we know: depths are compared with it, no more.
std::uint64_t guessStackTop(bool main_thread) {
  if (main_thread) return reinterpret_cast<std::uint64_t>(__libc_stack_end);
  const auto here = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0));
  const auto self = static_cast<std::uint64_t>(pthread_self());  // above the frames, as a rule
  return self > here ? self : here + 64 * 1024;
}

// Takes the locks that the forking thread held into the child's record. The parent goes on and
// changes its rows meanwhile; the twins are private memory and are as they were.
void carryHeld(Thread& child, const Thread& parent, const Record& old) {
  std::uint32_t count = static_cast<std::uint32_t>(parent.top - parent.floor);
  for (Index block = old.held[parent.block].older; block != kNone; block = old.held[block].older) {
    count += record::kHeldPerBlock;
  }
  auto* kept = count == 0 ? nullptr : static_cast<Shadow*>(arena.allocate(sizeof(Shadow) * count));
  if (kept == nullptr) return;
  std::uint32_t left = count;
  std::uint32_t here = static_cast<std::uint32_t>(parent.top - parent.floor);
  for (Index block = parent.block; block != kNone && left >= here; block = old.held[block].older) {
    const BlockTwin* twin = twins_of_parent[block].load(std::memory_order_relaxed);
    for (std::uint32_t i = here; i-- > 0;) kept[--left] = twin->entries[i];
    here = record::kHeldPerBlock;
  }
  for (std::uint32_t i = left; i < count; ++i) {
    const Shadow& shadow = kept[i];
    if (shadow.address() == 0 || shadow.lock == kNone) continue;
    // Shared with other processes: the parent holds it, not we.
    if ((old.locks[shadow.lock].flags & record::kProcessShared) != 0) continue;
    const Index lock = lockInChild(child, old.locks[shadow.lock], shadow.address());
    if (lock == kNone || (child.top == child.limit && !growHeld(child))) continue;
    pushHeld(child, mix(shadow.hash(), lock), shadow.address(), current.sections, lock,
             std::uint32_t{shadow.mode} | std::uint32_t{shadow.request} << 8, 0, kNone, 0);
  }
}

// Bytes of our own memory that may not be there (any more): false then.
bool peek(std::uint64_t address, void* to, std::size_t bytes) {
  struct {
    void* base;
    std::size_t length;
  } local{to, bytes}, remote{reinterpret_cast<void*>(address), bytes};
  return sys::call(SYS_process_vm_readv, sys::getpid(), sys::asLong(&local), 1, sys::asLong(&remote), 1, 0) ==
         static_cast<long>(bytes);
}

// Whether the lock object in our copy of the memory says that this thread of the parent holds it.
bool isHeldInCopy(const record::LockRow& lock, std::uint32_t tid) {
  using record::LockKind;
  std::uint32_t words[10];
  if ((lock.flags & record::kProcessShared) != 0) return false;
  switch (lock.kind) {
    case LockKind::kMutex:
    case LockKind::kRecursiveMutex:
    case LockKind::kErrorCheckMutex:
    case LockKind::kAdaptiveMutex:
      return peek(lock.address, words, 12) && words[0] != 0 && words[2] == tid;
    case LockKind::kRwlock:
    case LockKind::kRwlockPrefersWriters:
      return peek(lock.address, words, 28) && words[6] == tid;
    default:
      return false;
  }
}

// Locks that other threads of the parent held when it forked: nobody in the child will release them. Such a
// thread gets a row of its own here, as one that ended.
void carryOthers(Thread& child, Index forking, const Record& old) {
  record::RecordView view;
  if (record::RecordView::open(old.base, old.size, view) != record::ViewError::kOk) return;
  for (Index i = 1; i < view.end(Table::kThreads); ++i) {
    const record::ThreadRow& row = *view.thread(i);
    if (i == forking || row.held_count.load(std::memory_order_relaxed) == 0) continue;
    Index ghost = kNone;
    record::HeldBlock* block = nullptr;
    std::uint32_t count = 0;
    view.eachHeld(row, [&](const record::HeldEntry& entry, std::uint32_t) {
      const record::LockRow* lock = view.lock(entry.lock.load(std::memory_order_relaxed));
      if (lock == nullptr || count == record::kHeldPerBlock || !isHeldInCopy(*lock, row.tid)) return true;
      if (ghost == kNone) {
        ghost = makeRow(kNone);
        const Index held = ghost == kNone ? kNone : takeBlock(ghost, kNone);
        if (held == kNone) return false;
        block = &current.held[held];
        record::ThreadRow& copy = current.threads[ghost];
        copy.tid = row.tid;
        copy.start_routine = row.start_routine;
        for (std::size_t c = 0; c < sizeof(copy.name); ++c) copy.name[c] = row.name[c];
        copy.flags = record::kThreadOfParent;
        copy.held_block.store(held, std::memory_order_relaxed);
        copy.state.store(static_cast<std::uint32_t>(record::ThreadState::kExited), std::memory_order_release);
      }
      const Index carried = lockInChild(child, *lock, lock->address);
      if (carried == kNone) return false;
      keepLock(carried);
      block->entries[count].mode = entry.mode;
      block->entries[count].lock.store(carried, std::memory_order_relaxed);
      current.threads[ghost].held_count.store(++count, std::memory_order_release);
      return true;
    });
  }
}

void atThreadEnd(void* value) {
  auto* thread = static_cast<Thread*>(value);
  if (thread != tl_thread) return;  // a forked child replaced it
  // Other keys' destructors may still take locks: come last.
  if (++thread->destructor_rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
    pthread_setspecific(end_key, thread);
    return;
  }
  if (thread->epoch == *alive) endThread(*thread);
}

}  // namespace

__thread Thread* tl_thread __attribute__((tls_model("initial-exec"), visibility("hidden"))) = &still.unborn;
std::uint64_t* alive = &not_alive;
std::uint32_t inherited_tid = 0;

bool dropEndKey() {
  if (!have_end_key) return false;
  have_end_key = false;
  return pthread_key_delete(end_key) == 0;
}

bool endIsSeen() { return have_end_key; }

void noteTimes() {
  const Index count = current.header->tables[static_cast<std::uint32_t>(Table::kThreads)].claimed.load();
  const Index end = count < current.header->tables[static_cast<std::uint32_t>(Table::kThreads)].capacity
                        ? count
                        : current.header->tables[static_cast<std::uint32_t>(Table::kThreads)].capacity;
  for (Index i = 1; i < end; ++i) {
    record::ThreadRow& row = current.threads[i];
    if (row.state.load(std::memory_order_acquire) !=
        static_cast<std::uint32_t>(record::ThreadState::kRunning))
      continue;
    // The clock of a thread of this process, as the kernel numbers them.
    constexpr int kThreadClock = 6;
    const auto clock = static_cast<clockid_t>((~row.tid << 3) | kThreadClock);
    timespec time{};
    if (sys::call(SYS_clock_gettime, clock, sys::asLong(&time)) != 0) continue;
    row.cpu_ns.store(
        static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(time.tv_nsec),
        std::memory_order_relaxed);
  }
}

void makeEndKey() {
  // The first key of all is left to the program: some take number 0 for one that was never made.
  pthread_key_t first;
  const bool have_first = real.pthread_key_create(&first, nullptr) == 0;
  have_end_key = real.pthread_key_create(&end_key, atThreadEnd) == 0;
  if (have_first) pthread_key_delete(first);
}

void noteForkedChild() {
  tl_thread->gate() = 0;
  *alive = 0;
}

void hideThread() { tl_thread = &still.finished; }

void threadsAfterFork() {
  handles.afterFork();
  free_lock.reset();
  free_threads = nullptr;
  slab_left = 0;
  free_blocks = kNone;
  twins_of_parent = twins;
}

bool prepareThreads() {
  twin_capacity = current.header->tables[static_cast<std::uint32_t>(Table::kHeld)].capacity;
  twins = static_cast<Twins*>(arena.allocate(sizeof(Twins) * twin_capacity));
  return twins != nullptr;
}

Thread* thisThreadSlowly() {
  Thread* thread = tl_thread;
  if (thread->epoch == *alive) return thread;
  if (thread->epoch == kBusy) {
    ++thread->unseen;
    return nullptr;
  }
  if (passive) thread->gate() = 0;  // opened before recording ended
  if (thread->epoch == kEndedEpoch || passive) return nullptr;
  tl_thread = &still.busy;
  Record parent;
  if (!startRecording(parent)) {
    tl_thread = thread;
    return nullptr;
  }
  const bool main_thread = sys::gettid() == current.header->pid;
  const Index index = makeRow(kNone);
  Thread* fresh = nullptr;
  if (index != kNone) {
    current.threads[index].flags = main_thread ? record::kMainThread : record::kForeignThread;
    fresh = bind(index, thread->epoch != kUnborn ? thread->stack_top : guessStackTop(main_thread));
  }
  if (fresh == nullptr) {
    noteTrouble(record::kTroubleNoMemory);
    tl_thread = &still.finished;  // this thread goes unrecorded
    return nullptr;
  }
  if (parent.base != nullptr && thread->epoch != kUnborn) {
    current.threads[index].start_routine = parent.threads[thread->index].start_routine;
    inherited_tid = thread->tid;
    carryHeld(*fresh, *thread, parent);
    carryOthers(*fresh, thread->index, parent);
  }
  closeRecord(parent);
  fresh->open();
  tl_thread = fresh;
  return fresh;
}

bool growHeld(Thread& thread) {
  const std::uint64_t below = thread.limit[-1].hash();
  Index next = current.held[thread.block].newer;
  if (next == kNone) {
    next = takeBlock(thread.index, thread.block);
    if (next == kNone) return false;
    current.held[thread.block].newer = next;
  }
  // In a block that was left before, what stands there is known as long as what it stands on is the same.
  BlockTwin& twin = *twinOf(next);
  if (twin.below.hash() != below) twin.entries[0].forget();
  twin.below.place_key = below;
  enterBlock(thread, next, thread.held(), false);
  return true;
}

void leaveEmptyBlock(Thread& thread) {
  if (thread.top != thread.floor) return;
  const Index older = current.held[thread.block].older;
  if (older == kNone) return;
  enterBlock(thread, older, thread.held() - record::kHeldPerBlock, true);
}

Held heldAt(Thread& thread, std::uint32_t i) {
  std::uint32_t below = thread.held() - static_cast<std::uint32_t>(thread.top - thread.floor);
  if (i >= below) {
    Shadow* shadow = thread.floor + (i - below);
    return {thread.entryOf(shadow), shadow};
  }
  Index block = thread.block;
  while (i < below) {
    block = current.held[block].older;
    below -= record::kHeldPerBlock;
  }
  return {&current.held[block].entries[i - below], &twinOf(block)->entries[i - below]};
}

Held findHeld(Thread& thread, std::uint64_t address, std::uint32_t& position) {
  for (std::uint32_t i = thread.held(); i-- > 0;) {
    const Held held = heldAt(thread, i);
    if (!held.shadow->isAt(address)) continue;
    position = i;
    return held;
  }
  return {nullptr, nullptr};
}

void removeHeld(Thread& thread, std::uint32_t position) {
  const std::uint32_t last = thread.held() - 1;
  for (std::uint32_t i = position; i < last; ++i) {
    const Held to = heldAt(thread, i);
    const Held from = heldAt(thread, i + 1);
    const std::uint64_t below = to.shadow[-1].hash();
    to.entry->lock.store(kNone, std::memory_order_relaxed);
    to.entry->mode = from.entry->mode;
    to.entry->request = from.entry->request;
    to.entry->recursion = from.entry->recursion;
    to.entry->site = from.entry->site;
    to.entry->stack = from.entry->stack;
    to.entry->chain = kNone;
    to.entry->acquired_ns = from.entry->acquired_ns;
    *to.shadow = *from.shadow;
    to.shadow->forget();
    to.shadow->place_key = placeKey(below, 0, from.entry->site, from.shadow->mode);
    to.shadow->held_at = heldAtWord(*to.shadow, i);
    to.entry->lock.store(from.entry->lock.load(std::memory_order_relaxed), std::memory_order_release);
  }
  Shadow& newest = *heldAt(thread, last).shadow;
  newest.flags &= static_cast<std::uint16_t>(~kShadowUnlockSlow);
  newest.held_at = heldAtWord(newest, last);
  // What stands below it has changed, or its entry was taken away (core/handover.h).
  if (position != last || heldAt(thread, last).entry->lock.load(std::memory_order_relaxed) == kNone)
    newest.forget();
  popHeld(thread);
  leaveEmptyBlock(thread);
}

void startSegment(Thread& thread, Index other) {
  const Index previous = thread.row->segment.load(std::memory_order_relaxed);
  const Index next = makeSegment(thread.index, previous, other);
  if (next != kNone) setSegment(thread, next);
}

Index endOfSegment(const Thread& thread, Index other) {
  return makeSegment(thread.index, thread.row->segment.load(std::memory_order_relaxed), other);
}

Index announceThread(Thread& creator, std::uint64_t start_routine, Index stack) {
  const Index index = makeRow(creator.row->segment.load(std::memory_order_relaxed));
  if (index == kNone) return kNone;
  record::ThreadRow& row = current.threads[index];
  row.start_routine = start_routine;
  row.creator = creator.index;
  row.create_stack = stack;
  row.creator_notified = creator.notified;
  row.state.store(static_cast<std::uint32_t>(record::ThreadState::kCreated), std::memory_order_release);
  startSegment(creator, kNone);
  return index;
}

void adoptThread(Index index, std::uint64_t stack_top) {
  if (*alive == 0 || passive) return;
  tl_thread = &still.busy;
  Thread* thread = bind(index, stack_top);
  if (thread != nullptr) thread->open();
  tl_thread = thread != nullptr ? thread : &still.finished;
}

void withdrawThread(Index index) {
  current.threads[index].state.store(static_cast<std::uint32_t>(record::ThreadState::kEmpty),
                                     std::memory_order_release);
}

void addThreadOfParent(std::uint32_t tid, Index lock) {
  const Index ghost = makeRow(kNone);
  const Index held = ghost == kNone ? kNone : takeBlock(ghost, kNone);
  if (held == kNone) return;
  record::ThreadRow& row = current.threads[ghost];
  row.tid = tid;
  row.flags = record::kThreadOfParent;
  keepLock(lock);
  current.held[held].entries[0].mode = 0;
  current.held[held].entries[0].lock.store(lock, std::memory_order_relaxed);
  row.held_block.store(held, std::memory_order_relaxed);
  row.held_count.store(1, std::memory_order_release);
  row.state.store(static_cast<std::uint32_t>(record::ThreadState::kExited), std::memory_order_release);
}

Index threadByHandle(std::uint64_t handle) { return handles.find(handleKey(handle)); }
Index threadByTid(std::uint32_t tid) { return handles.find(tidKey(tid)); }
void nameHandle(std::uint64_t handle, Index row) { handles.replace(handleKey(handle), row); }
void forgetHandle(std::uint64_t handle) { handles.replace(handleKey(handle), kNone); }

void endThread(Thread& thread) {
  thread.epoch = kBusy;
  thread.gate() = 0;
  tl_thread = &still.finished;
  noteHeldAtEnd(thread);
  record::ThreadRow& row = *thread.row;
  row.last_segment.store(row.segment.load(std::memory_order_relaxed), std::memory_order_relaxed);
  row.cpu_ns.store(clockNs(CLOCK_THREAD_CPUTIME_ID), std::memory_order_relaxed);
  row.ended_ns.store(nowNs(), std::memory_order_relaxed);
  const bool holds = thread.held() != 0;
  // An ended thread that holds locks keeps its blocks: who waits for those locks waits in vain.
  row.state.store(static_cast<std::uint32_t>(record::ThreadState::kExited), std::memory_order_release);
  handles.replace(tidKey(thread.tid), kNone);
  giveLocksBack(thread);
  SpinGuard guard(free_lock);
  if (!holds) {
    row.held_block.store(kNone, std::memory_order_release);
    for (Index block = thread.block; block != kNone;) {
      const Index newer = current.held[block].newer;
      current.held[block].state.store(0, std::memory_order_relaxed);
      current.held[block].newer = free_blocks;
      free_blocks = block;
      block = newer;
    }
  }
  thread.next_free = free_threads;
  free_threads = &thread;
}

}  // namespace gridlock::runtime
