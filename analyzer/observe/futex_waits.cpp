// Futexes: which lock, and who holds it. See outside_waits.h.
#include <linux/futex.h>
#include <sys/syscall.h>

#include <algorithm>

#include "analyzer/observe/outside_waits.h"

namespace gridlock::observe {
namespace {

using record::LockKind;
using record::WaitKind;

// Offsets in struct pthread.
constexpr std::uint64_t kSelfOfThread = 0x10;
constexpr std::uint64_t kTidOfThread = 0x2d0;
constexpr std::uint32_t kTidMask = 0x3fffffff;

const ImageThread* threadOf(const ProcessImage& process, std::uint32_t tid) {
  const auto found = std::ranges::find(process.threads, static_cast<int>(tid), &ImageThread::tid);
  return found == process.threads.end() ? nullptr : &*found;
}

// As we see it; a thread of another process when the lock is shared.
int ownerThread(const ProcessImage& process, std::uint32_t tid) {
  if (const ImageThread* thread = threadOf(process, tid)) return thread->outer_tid;
  return process.alive && processOfThread(static_cast<int>(tid)) != 0 ? static_cast<int>(tid) : 0;
}

bool anyContains(const std::vector<std::string>& functions, std::string_view part) {
  return std::ranges::any_of(functions,
                             [&](const std::string& one) { return one.find(part) != std::string::npos; });
}

// A pthread mutex at `address`, if what lies there can be one: type and owner.
bool readMutex(const ProcessImage& process, std::uint64_t address, OutsideWait& out) {
  const auto owner = process.value<std::uint32_t>(address + 8);
  const auto kind = process.value<std::int32_t>(address + 16);
  constexpr int kKnownKinds = 0x1ff;
  if (!owner || !kind || (*kind & ~kKnownKinds) != 0 || *owner > kTidMask) return false;
  const int thread = *owner == 0 ? 0 : ownerThread(process, *owner);
  if (*owner != 0 && thread == 0 && threadOf(process, *owner) == nullptr && *owner > (1u << 22)) return false;
  static constexpr LockKind kKinds[] = {LockKind::kMutex, LockKind::kRecursiveMutex,
                                        LockKind::kErrorCheckMutex, LockKind::kAdaptiveMutex};
  out.kind = WaitKind::kLock;
  out.lock_kind = kKinds[*kind & 3];
  if ((*kind & 16) != 0) out.flags |= record::kRobust;
  if ((*kind & 128) != 0) out.flags |= record::kProcessShared;
  out.address = address;
  if (thread != 0) out.owners.push_back(thread);
  return true;
}

bool isFileLock(const ProcessImage& process, std::uint64_t address, OutsideWait& out) {
  const auto owner = process.value<std::uint64_t>(address + 8);
  if (!owner || *owner >> 32 == 0) return false;
  const auto tid = process.value<std::uint32_t>(*owner + kTidOfThread);
  const ImageThread* thread = tid ? threadOf(process, *tid) : nullptr;
  if (thread == nullptr) return false;
  out.kind = WaitKind::kLock;
  out.lock_kind = LockKind::kFile;
  out.name = "lock of a FILE";
  out.address = address;
  out.owners.push_back(thread->outer_tid);
  return true;
}

void waitForAnybody(OutsideWait& out, WaitKind kind, LockKind lock_kind, std::uint64_t address) {
  out.kind = kind;
  out.lock_kind = lock_kind;
  out.address = address;
}

}  // namespace

std::optional<OutsideWait> futexWait(const ProcessImage& process, const ImageThread& thread,
                                     const std::vector<std::string>& functions) {
  if (!thread.in_call || thread.call != SYS_futex) return std::nullopt;
  const std::uint64_t word = thread.arguments[0];
  const auto operation = static_cast<int>(thread.arguments[1]);
  const auto expected = static_cast<std::uint32_t>(thread.arguments[2]);
  const int command = operation & FUTEX_CMD_MASK;
  const bool is_private = (operation & FUTEX_PRIVATE_FLAG) != 0;
  constexpr int kLockPi2 = 13;
  OutsideWait out;
  out.timed = thread.arguments[3] != 0;
  if (const ImageMapping* mapping = process.mappingAt(word);
      mapping != nullptr && !mapping->identity.empty()) {
    out.flags |= record::kProcessShared;
    out.identity = mapping->identity + "+" + std::to_string(word - mapping->begin + mapping->offset);
  }
  if (command == FUTEX_LOCK_PI || command == kLockPi2) {
    const auto value = process.value<std::uint32_t>(word);
    waitForAnybody(out, WaitKind::kLock, LockKind::kMutex, word);
    out.flags |= record::kPriorityInherit;
    if (const int owner = value ? ownerThread(process, *value & kTidMask) : 0; owner != 0)
      out.owners.push_back(owner);
    return out;
  }
  if (command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET) return std::nullopt;

  // The end of a thread: the kernel clears its id and wakes us.
  if (command == FUTEX_WAIT_BITSET && !is_private) {
    const std::uint64_t target = word - kTidOfThread;
    if (process.value<std::uint64_t>(target + kSelfOfThread) == target) {
      const ImageThread* joined = threadOf(process, expected);
      out.kind = WaitKind::kJoin;
      out.joins = joined != nullptr ? joined->outer_tid : 0;
      if (joined == nullptr) return std::nullopt;  // it has just ended
      return out;
    }
  }
  if (anyContains(functions, "cond_") || anyContains(functions, "cnd_")) {
    constexpr std::uint64_t kSignals = 0x28;
    waitForAnybody(out, WaitKind::kCondition, LockKind::kCondition, (word & ~std::uint64_t{7}) - kSignals);
    return out;
  }
  if (anyContains(functions, "rwlock_")) {
    const std::uint64_t lock = word % 8 == 0 ? word - 8 : word - 12;
    waitForAnybody(out, WaitKind::kLock, LockKind::kRwlock, lock);
    if (process.value<std::int32_t>(lock + 48) == 2) out.lock_kind = LockKind::kRwlockPrefersWriters;
    if (anyContains(functions, "rdlock")) out.mode = model::Mode::Shared;
    const auto writer = process.value<std::uint32_t>(lock + 24);
    if (const int owner = writer && *writer != 0 ? ownerThread(process, *writer) : 0; owner != 0)
      out.owners.push_back(owner);
    return out;
  }
  if (anyContains(functions, "sem_")) {
    waitForAnybody(out, WaitKind::kSemaphore, LockKind::kSemaphore, word);
    return out;
  }
  if (anyContains(functions, "barrier_wait")) {
    waitForAnybody(out, WaitKind::kBarrier, LockKind::kBarrier, word - 4);
    return out;
  }
  if (anyContains(functions, "__cxa_guard_acquire") || (command == FUTEX_WAIT && expected == 0x10100)) {
    waitForAnybody(out, WaitKind::kOnce, LockKind::kStaticGuard, word);
    return out;
  }
  if (anyContains(functions, "pthread_once") || anyContains(functions, "call_once")) {
    waitForAnybody(out, WaitKind::kOnce, LockKind::kOnce, word);
    return out;
  }
  // A robust mutex: its word is the owner and a bit for those who wait.
  if (!is_private && (expected & FUTEX_WAITERS) != 0 && ownerThread(process, expected & kTidMask) != 0 &&
      readMutex(process, word, out)) {
    out.owners = {ownerThread(process, expected & kTidMask)};
    return out;
  }
  constexpr std::uint32_t kContended = 2;
  if (expected == kContended && (isFileLock(process, word, out) || readMutex(process, word, out))) {
    if (const ImageModule* module = process.moduleAt(word);
        module != nullptr && module->path.find("/ld-linux") != std::string::npos) {
      out.lock_kind = LockKind::kLoader;
      out.name = "lock of the dynamic loader";
    }
    return out;
  }
  waitForAnybody(out, WaitKind::kFutex, LockKind::kFutex, word);
  return out;
}

}  // namespace gridlock::observe
