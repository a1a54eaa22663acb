// What the hooks' news do to the record. Every entry point first asks for the calling thread's
// state, and keeps the hooks of this thread out (Inside) while it works.

#include "runtime/core/events.h"

#include <dlfcn.h>
#include <link.h>

#include "runtime/base/print.h"
#include "runtime/base/table.h"
#include "runtime/core/clock.h"
#include "runtime/core/handover.h"
#include "runtime/core/handshakes.h"
#include "runtime/core/init.h"
#include "runtime/core/lock_order_edges.h"
#include "runtime/core/options.h"
#include "runtime/core/progress.h"
#include "runtime/core/start_holds.h"
#include "runtime/core/wait_graph.h"
#include "runtime/core/wrappers.h"

namespace gridlock::runtime {
namespace {

using record::LockRow;
using record::SectionRow;

InternTable seen_events;

std::uint64_t depthOf(const Frame* frame) { return reinterpret_cast<std::uint64_t>(frame); }

// What the thread asks for and where, for a reader who finds it asleep without a published wait
// (RecordView::requestOf). The fast path is not to take the entry for one of its own.
void noteRequest(Thread& thread, Index lock, std::uint32_t how, std::uint64_t site, Index stack) {
  record::HeldEntry* entry = thread.entryOf(thread.top);
  if (thread.top == thread.limit) {
    if (thread.row->wait_serial.load(std::memory_order_relaxed) % 2 == 0)
      thread.row->wait_stack.store(stack, std::memory_order_relaxed);
    // One plain store: both fields share eight bytes.
    *reinterpret_cast<volatile std::uint64_t*>(&thread.row->asks_for) = lock | std::uint64_t{how} << 32;
    return;
  }
  thread.top->forget();
  thread.top->held_at = 0;
  entry->site = site;
  entry->stack = stack;
  entry->mode = static_cast<std::uint8_t>(how);
  entry->request = static_cast<std::uint8_t>(how >> 8);
  entry->lock.store(lock, std::memory_order_release);
}

bool holdsShared(Thread& thread, Index lock) {
  for (std::uint32_t i = thread.held(); i-- > 0;) {
    const Shadow& shadow = *heldAt(thread, i).shadow;
    if (shadow.lock == lock && shadow.mode == static_cast<std::uint8_t>(Mode::kShared)) return true;
  }
  return false;
}

// Another thread that has the lock on its held stack.
Index holderOnRecord(Index lock, Index except) {
  const record::RecordView view = viewRecord();
  Index holder = kNone;
  for (Index i = 1; i < view.end(Table::kThreads) && holder == kNone; ++i) {
    const record::ThreadRow& row = *view.thread(i);
    if (i == except || row.held_count.load(std::memory_order_relaxed) == 0) continue;
    view.eachHeld(row, [&](const record::HeldEntry& entry, std::uint32_t) {
      if (entry.lock.load(std::memory_order_relaxed) != lock) return true;
      holder = i;
      return false;
    });
  }
  return holder;
}

}  // namespace

void finishSample(record::HeldEntry& entry, SectionRow& section) {
  if (entry.acquired_ns == 0) return;
  const std::uint64_t held = nowNs() - entry.acquired_ns;
  entry.acquired_ns = 0;
  ++section.sampled;
  section.hold_total_ns += held;
  if (held > section.hold_max_ns) section.hold_max_ns = held;
  int bucket = 0;
  while (bucket + 1 < record::kHoldBuckets && held >> (bucket + 7) != 0) ++bucket;
  ++section.hold_histogram[bucket];
}

// ----------------------------------------------------------------------------------------- attempts

Attempt::Attempt(const Object& object, Mode mode, RequestKind request, const Frame* frame)
    : thread_(thisThread()), address_(object.address), site_(frame->site), how_(howOf(mode, request)) {
  if (thread_ == nullptr) return;
  Inside inside(thread_);
  Thread& thread = *thread_;
  dropTakenAway(thread);
  heedNotice(thread);
  bool was_destroyed = false;
  lock_ = lockOf(thread, object, was_destroyed);
  if (lock_ == kNone) {
    current.header->unseen_requests.fetch_add(1, std::memory_order_relaxed);
    thread_ = nullptr;
    return;
  }
  Known known = findKnown(thread, how_, lock_, frame, wrapperCall(site_) != nullptr);
  Place place{};
  if (known.entry == nullptr) {
    place = placeOf(thread, frame);
    if (place.deep && !known.deep) {
      remember(thread, known.any_key != 0 ? known.any_key : known.key, kDeepSite);
      known = findKnown(thread, how_, lock_, frame, false);
    }
  }
  key_ = known.key;
  deep_ = known.deep;
  if (known.entry != nullptr) {
    section_ = known.entry->section();
    stack_ = {known.entry->stack(), false};
  } else {
    stack_ = stackAt(thread, frame, place, lock_);
    bool merged = false;
    section_ = sectionFor(thread, place, site_, lock_, how_, stack_, merged);
    if (!thread.holdsNothing()) {
      request_row_ = addRequest(thread, lock_, how_, stack_);
      if (mode == Mode::kShared && request == RequestKind::kBlocking && holdsShared(thread, lock_)) {
        addEvent(thread,
                 {.kind = EventKind::kRecursiveRead, .mode = mode, .lock = lock_, .stack = stack_.index});
      }
    }
    const std::uint64_t value = cacheValue(section_, stack_.index);
    if (merged) takesManyAt(known.site);
    if (!merged) {
      remember(thread, known.key, value);
    } else if (known.any_key != 0) {
      remember(thread, known.any_key, value);  // with nothing else held none of them needs a request
    } else {
      rememberOneOfMany(thread, known, how_, lock_, value);
    }
  }
  noteRequest(thread, lock_, how_, site_, stack_.index);
  LockRow& row = current.locks[lock_];
  noteFirstUse(row, stack_.index, site_);
  if (was_destroyed) {
    wrongUse(thread, {.kind = EventKind::kUseDestroyed, .mode = mode, .lock = lock_, .stack = stack_.index});
  }
}

// In a forked child a lock may be held by a thread that only the parent has. That the parent's record still
// shows it cannot be relied upon: there it may have been released since.
static void noteThreadOfParent(std::uint32_t owner, Index lock) {
  if ((current.header->flags & record::kForkedChild) == 0 || owner == kNobody || owner == inherited_tid ||
      (current.locks[lock].flags & record::kProcessShared) != 0 || threadByTid(owner) != kNone ||
      holderOnRecord(lock, kNone) != kNone) {
    return;
  }
  Line path;
  path << "/proc/self/task/" << owner;
  if (sys::call(SYS_faccessat, AT_FDCWD, sys::asLong(path.text()), 0 /* F_OK */) != 0)
    addThreadOfParent(owner, lock);
}

void Attempt::mayBlock(std::uint32_t owner, WaitKind kind) {
  if (thread_ == nullptr) return;
  Inside inside(thread_);
  Thread& thread = *thread_;
  chainOf(thread);  // who looks at us while we wait sees where we took what we hold
  if (kind == WaitKind::kLock) {
    takes_ = takesOf(lock_).count;
    noteThreadOfParent(owner, lock_);
  }
  wait_.begin(thread, kind, lock_, address_, how_, stack_.index);
  if (kind == WaitKind::kLock && static_cast<RequestKind>(how_ >> 8) == RequestKind::kBlocking)
    lookBeforeBlocking(thread, owner);
}

void Attempt::announce() {
  if (thread_ == nullptr) return;
  Inside inside(thread_);
  chainOf(*thread_);
  announced_ = true;
  wait_.begin(*thread_, WaitKind::kLock, lock_, address_, how_, stack_.index);
}

void Attempt::countWait(std::uint64_t waited) {
  SectionRow& section = current.sections[section_];
  LockRow& row = current.locks[lock_];
  row.contended.fetch_add(1, std::memory_order_relaxed);
  ++section.contended;
  section.wait_total_ns += waited;
  if (waited > section.wait_max_ns) section.wait_max_ns = waited;
  thread_->row->lock_wait_ns.fetch_add(waited, std::memory_order_relaxed);
  if (takes_ != 0) noteLongWait(*thread_, lock_, how_, stack_.index, waited, takes_);
}

void Attempt::granted() {
  if (!isStillRecorded(thread_)) return;
  Inside inside(thread_);
  Thread& thread = *thread_;
  SectionRow& section = current.sections[section_];
  if (wait_.published) {
    const std::uint64_t waited = wait_.end(thread);
    constexpr std::uint64_t kNoWait = 1000;  // an announced wait that was none
    if (!announced_ || waited > kNoWait) countWait(waited);
  }
  if ((current.locks[lock_].flags & record::kUnderNotice) != 0) tookUnderNotice(thread, lock_);
  tookUnderStart(thread, lock_);
  if (request_row_ != kNone) current.requests[request_row_].state.store(2, std::memory_order_release);
  if (thread.top == thread.limit && !growHeld(thread)) {
    noteTrouble(record::kTroubleNoMemory);
    return;
  }
  const std::uint64_t count = section.count.load(std::memory_order_relaxed);
  section.count.store(count + 1, std::memory_order_relaxed);
  const bool sampled = isSampled(count);
  const auto flags = static_cast<std::uint16_t>((stack_.exact ? kShadowExact : 0) |
                                                (sampled ? kShadowSampled : 0) | (deep_ ? kShadowDeep : 0));
  const Shadow* shadow = thread.top;
  pushHeld(thread, key_, address_, &section, lock_, how_, site_, stack_.index, flags);
  if (sampled) thread.entryOf(shadow)->acquired_ns = nowNs();
}

void Attempt::refused() {
  if (!isStillRecorded(thread_)) return;
  Inside inside(thread_);
  if (wait_.published) {
    thread_->row->lock_wait_ns.fetch_add(wait_.end(*thread_), std::memory_order_relaxed);
  } else if (static_cast<RequestKind>(how_ >> 8) == RequestKind::kTry) {
    noteFailedTry(*thread_, lock_, section_, stack_.index);
  }
}

void takenAgain(const Object& object) {
  Thread* thread = thisThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  std::uint32_t position = 0;
  const Held held = findHeld(*thread, object.address, position);
  if (held.entry == nullptr) return;
  if (held.entry->recursion != 0xffff) ++held.entry->recursion;
  held.shadow->flags |= kShadowRecursive;
  held.shadow->held_at |= kUnlockSlowly;
}

void giveBack(Thread& thread, const Held& held, std::uint32_t position, const Frame* frame) {
  if (held.entry->recursion != 0) {
    if (--held.entry->recursion == 0) held.shadow->flags &= static_cast<std::uint16_t>(~kShadowRecursive);
    held.shadow->held_at = heldAtWord(*held.shadow, position);
    return;
  }
  SectionRow& section = *held.shadow->section;
  const bool is_new = section.exits[0] != frame->site && noteExit(section, frame->site);
  const bool is_shallow = (held.shadow->flags & kShadowDeep) == 0;
  finishSample(*held.entry, section);
  if ((held.shadow->flags & kShadowStarted) != 0) endHoldAtStart(thread, held.shadow->lock);
  removeHeld(thread, position);
  if (is_new && is_shallow) noteWrapper(thread, section, frame);
}

void releasing(const Object& object, const Frame* frame, std::uint32_t owner) {
  Thread* thread = thisThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  std::uint32_t position = 0;
  const Held held = findHeld(*thread, object.address, position);
  if (held.entry != nullptr) {
    giveBack(*thread, held, position, frame);
    return;
  }
  if (owner == thread->tid || (owner != 0 && owner == inherited_tid))
    return;  // taken where we did not see it
  bool was_destroyed = false;
  const Index lock = lockOf(*thread, object, was_destroyed);
  if (lock == kNone) return;
  Index holder = owner != kNobody && owner != kUnknownOwner ? threadByTid(owner) : kNone;
  if (owner == kUnknownOwner) {
    if (thread->unseen != 0) return;  // we may have missed the acquisition
    holder = holderOnRecord(lock, thread->index);
  }
  const Stack stack = stackAt(*thread, frame, placeOf(*thread, frame), lock);
  LockRow& row = current.locks[lock];
  if (holder != kNone || (owner != kNobody && owner != kUnknownOwner)) {
    row.flags |= record::kHandedOver;
    wrongUse(*thread, {.kind = EventKind::kUnlockByOther,
                       .lock = lock,
                       .stack = stack.index,
                       .other_thread = holder,
                       .other_stack = viewRecord().stackOfHold(holder, lock)});
  } else {
    wrongUse(*thread, {.kind = EventKind::kUnlockNotHeld, .lock = lock, .stack = stack.index});
  }
}

void askedFor(const Object& object, const Frame* frame) {
  Thread* thread = knownThread();
  if (thread == nullptr || thread->held() == 0) return;
  Attempt(object, Mode::kExclusive, RequestKind::kBlocking, frame).refused();
}

static Index stackOfBirth(Thread& thread, const Frame* frame) {
  if (thread.born_frame == frame && thread.born_site == frame->site) return thread.born_stack;
  std::uint64_t key = situation(0, 0, kAnyLock - 1, frame->site, depthOf(frame));
  const CacheEntry* known = findInCache(thread, key);
  const bool deep = known != nullptr && known->section() == kDeepSite;
  if (deep) {
    key = situation(0, 1, kAnyLock - 1, deepPlace(thread, frame), 1);
    known = findInCache(thread, key);
  }
  if (known == nullptr) {
    const Place place = placeOf(thread, frame);
    const Index stack = stackAt(thread, frame, place, kNone).index;
    remember(thread, key, cacheValue(place.deep && !deep ? kDeepSite : kNone, stack));
    return stack;
  }
  if (!deep) {
    thread.born_frame = frame;
    thread.born_site = frame->site;
    thread.born_stack = known->stack();
  }
  return known->stack();
}

void initialised(const Object& object, const Frame* frame, std::uint32_t detail, std::uint64_t word) {
  Thread* thread = thisThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  const Index stack = stackOfBirth(*thread, frame);
  if (word != 0 && detail == 0 && bearAgain(*thread, object, word, stack)) return;
  const Index lock = bearLock(*thread, object, stack);
  if (detail != 0 && lock != kNone) current.locks[lock].detail.store(detail, std::memory_order_relaxed);
}

void named(const Object& object, const char* name, const Frame* frame, std::uint32_t detail) {
  if (name == nullptr || name[0] == '\0') return;
  Thread* thread = thisThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  Index lock = knownLock(object);
  if (lock == kNone || current.locks[lock].name != kNone) {
    // The same one opened again, or another one where an old one was mapped.
    const Index known = lock == kNone ? kNone : current.locks[lock].name;
    std::uint32_t length = 0;
    const char* text = viewRecord().text(known, length);
    std::uint32_t i = 0;
    while (i < length && text[i] == name[i]) ++i;
    if (length != 0 && i == length) return;
    lock = bearLock(*thread, object, stackAt(*thread, frame, placeOf(*thread, frame), kNone).index);
  }
  if (lock == kNone) return;
  constexpr std::uint32_t kLongest = 200;
  std::uint32_t length = 0;
  while (name[length] != '\0' && length < kLongest) ++length;
  current.locks[lock].name = addText(name, length);
  current.locks[lock].detail.store(detail, std::memory_order_relaxed);
}

namespace {

// Whether a lock is held in this forked child because it was when the process forked. A child may start such
// a lock afresh: that is what fork handlers of allocators and runtimes do.
bool isHeldSinceBeforeFork(const Held& own, Index holder) {
  if (own.entry != nullptr) return own.entry->site == 0 && own.entry->stack == kNone;
  return holder != kNone && (current.threads[holder].flags & record::kThreadOfParent) != 0;
}

}  // namespace

void destroying(const Object& object, const Frame* frame, std::uint32_t owner) {
  if (owner == kNobody) return;
  Thread* thread = thisThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  Index lock = knownLock(object);
  if (lock == kNone) return;
  std::uint32_t position = 0;
  Index holder = kNone;
  const Held own = findHeld(*thread, object.address, position);
  if (own.entry != nullptr) {
    holder = thread->index;
  } else if (owner != kUnknownOwner) {
    holder = threadByTid(owner);
    if (holder == kNone) return;
  } else {
    holder = holderOnRecord(lock, thread->index);
  }
  if (isHeldSinceBeforeFork(own, holder)) return;
  if (holder == kNone || (current.locks[lock].flags & record::kHandedOver) != 0) return;
  const Stack stack = stackAt(*thread, frame, placeOf(*thread, frame), lock);
  wrongUse(*thread, {.kind = EventKind::kDestroyHeld,
                     .lock = lock,
                     .stack = stack.index,
                     .other_thread = holder,
                     .other_stack = viewRecord().stackOfHold(holder, lock)});
}

void destroyed(const Object& object) {
  Thread* thread = thisThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  destroyLock(*thread, object);
}

void joined(Thread& thread, Index other) {
  Inside inside(&thread);
  record::ThreadRow& row = current.threads[other];
  // The kernel woke us: the thread is past its end, whatever its row says.
  Index last = row.last_segment.load(std::memory_order_acquire);
  if (last == kNone) last = row.segment.load(std::memory_order_acquire);
  row.state.store(static_cast<std::uint32_t>(record::ThreadState::kJoined), std::memory_order_release);
  startSegment(thread, last);
}

// ------------------------------------------------------------------------------------------- events

Index addEventFor(Index thread, Index chain, const Event& event) {
  const Index index = claim(Table::kEvents);
  if (index == kNone) return kNone;
  record::EventRow& row = current.events[index];
  row.kind = static_cast<std::uint16_t>(event.kind);
  row.mode = static_cast<std::uint8_t>(event.mode);
  row.request = static_cast<std::uint8_t>(event.request);
  row.thread = thread;
  row.lock = event.lock;
  row.stack = event.stack;
  row.other_thread = event.other_thread;
  row.other_lock = event.other_lock;
  row.other_stack = event.other_stack;
  row.chain = chain;
  row.group = event.group;
  row.reserved = event.wait_serial;
  row.detail = event.detail;
  row.when_ns = nowNs();
  row.duration_ns = event.duration_ns;
  keepLock(event.lock);
  keepLock(event.other_lock);
  row.state.store(1, std::memory_order_release);
  return index;
}

void addEvent(Thread& thread, const Event& event) {
  if (!options.report_mutex_bugs && event.kind != EventKind::kDestroyHeld) return;
  if (!options.report_destroy_locked && event.kind == EventKind::kDestroyHeld) return;
  const std::uint64_t key = mix(
      mix(mix(static_cast<std::uint64_t>(event.kind) + 0x100, event.lock), event.stack), event.other_lock);
  if (const Index known = seen_events.find(key); known != kNone) {
    record::EventRow& row = current.events[known];
    row.count.fetch_add(1, std::memory_order_relaxed);
    if (event.duration_ns > row.duration_ns) row.duration_ns = event.duration_ns;
    if (event.group > row.group) row.group = event.group;
    return;
  }
  const Index index = addEventFor(thread.index, chainOf(thread), event);
  if (index != kNone) seen_events.insert(key, index);
}

void wrongUse(Thread& thread, const Event& event) {
  addEvent(thread, event);
  if (options.halt_on_error)
    endProgram(options.exitcode != 0 ? static_cast<int>(options.exitcode) : 66, false);
}

void eventsAfterFork() { seen_events.afterFork(); }

void noteHeldAtEnd(Thread& thread) {
  dropTakenAway(thread);
  for (std::uint32_t i = 0; i < thread.held(); ++i) {
    const Held held = heldAt(thread, i);
    const LockRow& lock = current.locks[held.shadow->lock];
    if ((lock.flags & (record::kRobust | record::kHandedOver)) != 0) continue;
    if (lock.kind == record::LockKind::kSemaphore) continue;  // anybody may post it
    if (lock.kind == record::LockKind::kFile && (lock.flags & record::kProcessShared) != 0)
      continue;  // a file's is the process' own
    addEvent(thread, {.kind = EventKind::kNotReleased,
                      .mode = static_cast<Mode>(held.shadow->mode),
                      .lock = held.shadow->lock,
                      .stack = held.entry->stack});
  }
}

// Initialised by a call, and in memory that nobody can have freed since: the program's own variables. (A
// library's may have been unloaded.)
static bool isStillInitialised(const LockRow& row) {
  if ((row.flags & record::kInitialised) == 0 || (row.flags & record::kProcessShared) != 0) return false;
  dl_find_object found{};
  return _dl_find_object(reinterpret_cast<void*>(row.address), &found) == 0 &&
         found.dlfo_link_map->l_name[0] == '\0';
}

static bool hasOtherThreads(const Thread& thread) {
  const record::RecordView view = viewRecord();
  for (Index i = 1; i < view.end(Table::kThreads); ++i) {
    const auto state =
        static_cast<record::ThreadState>(view.thread(i)->state.load(std::memory_order_relaxed));
    if (i != thread.index &&
        (state == record::ThreadState::kRunning || state == record::ThreadState::kCreated))
      return true;
  }
  return false;
}

void initialising(const Object& object, const Frame* frame) {
  Thread* thread = knownThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  const Index lock = knownLock(object);
  if (lock == kNone || current.locks[lock].address != object.address) return;
  std::uint32_t position = 0;
  const Held own = findHeld(*thread, object.address, position);
  const Index holder = own.entry != nullptr ? thread->index : holderOnRecord(lock, thread->index);
  if (isHeldSinceBeforeFork(own, holder)) {
    if (own.entry != nullptr) removeHeld(*thread, position);
    return;
  }
  const LockRow& row = current.locks[lock];
  if ((row.flags & record::kHandedOver) != 0 || (holder == kNone && !isStillInitialised(row))) return;
  const Stack stack = stackAt(*thread, frame, placeOf(*thread, frame), lock);
  const Index before = holder == kNone ? row.born_stack : viewRecord().stackOfHold(holder, lock);
  wrongUse(*thread, {.kind = EventKind::kInitTwice,
                     .lock = lock,
                     .stack = stack.index,
                     .other_thread = holder,
                     .other_stack = before,
                     .detail = hasOtherThreads(*thread) ? 1u : 0u});
}

void repairTop(const Object& object, Mode mode, RequestKind request, const Frame* frame) {
  Thread* thread = tl_thread;
  Inside inside(thread);
  popHeld(*thread);
  bool was_destroyed = false;
  const Index lock = lockOf(*thread, object, was_destroyed);
  if (lock == kNone) return;
  const std::uint32_t how = howOf(mode, request);
  const Stack stack = stackAt(*thread, frame, placeOf(*thread, frame), lock);
  pushHeld(*thread, situation(thread->hash(), how, lock, frame->site, 3), object.address, current.sections,
           lock, how, frame->site, stack.index, 0);
}

int sampleNewest() {
  Thread* thread = tl_thread;
  Inside inside(thread);
  Shadow& newest = thread->top[-1];
  newest.flags |= kShadowSampled;
  newest.held_at |= kUnlockSlowly;
  thread->entryOf(&newest)->acquired_ns = nowNs();
  return 0;
}

bool holds(const Object& object) {
  Thread* thread = knownThread();
  std::uint32_t position = 0;
  return thread != nullptr && findHeld(*thread, object.address, position).entry != nullptr;
}

void forgetHeld(const Object& object) {
  Thread* thread = knownThread();
  if (thread == nullptr) return;
  Inside inside(thread);
  std::uint32_t position = 0;
  const Held held = findHeld(*thread, object.address, position);
  if (held.entry == nullptr) return;
  finishSample(*held.entry, *held.shadow->section);
  removeHeld(*thread, position);
}

bool noteExit(record::SectionRow& section, std::uint64_t site) {
  for (std::uint64_t& exit : section.exits) {
    if (exit == site) return false;
    if (exit == 0) {
      exit = site;
      return true;
    }
  }
  return false;
}

}  // namespace gridlock::runtime
