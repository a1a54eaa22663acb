// libc++'s shared_mutex and shared_timed_mutex. Each is a mutex and two condition variables inside; what
// happens to those says nothing of who reads and who writes. So its exported members are wrapped, and what
// they do inside is not looked at.
//
// The real members are looked for when libc++ is there at the start, and else at the first call: then a
// library brought it along later.

#include <link.h>

#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;
using gridlock::record::LockKind;

namespace {

Object objectOf(void* mutex) {
  return {reinterpret_cast<std::uint64_t>(mutex), nullptr, LockKind::kRwlockPrefersWriters, 0};
}

template <typename Function>
[[gnu::noinline, gnu::cold]] void findLate(Function& function, const char* name) {
  if (void* next = dlsym(RTLD_NEXT, name); next != nullptr) {
    function = reinterpret_cast<Function>(next);
    return;
  }
  // Loaded for a plug-in alone: it is in no scope but that one.
  dl_find_object self{};
  if (_dl_find_object(reinterpret_cast<void*>(&objectOf), &self) != 0) return;
  link_map* map = self.dlfo_link_map;
  while (map->l_prev != nullptr) map = map->l_prev;
  for (; map != nullptr && function == nullptr; map = map->l_next) {
    const char* path = map->l_name;
    const char* library = "libc++.so";
    const char* file = path;
    for (; path != nullptr && *path != '\0'; ++path) {
      if (*path == '/') file = path + 1;
    }
    while (file != nullptr && *library != '\0' && *file == *library) ++file, ++library;
    if (*library == '\0') function = reinterpret_cast<Function>(dlsym(map, name));
  }
}

// What libc++ does inside belongs to it.
template <typename Call>
auto unseen(Call call) {
  Thread* thread = knownThread();
  if (thread == nullptr) return call();
  Inside inside(thread);
  return call();
}

template <typename Call>
void lock(void* mutex, Mode mode, const Frame* frame, Call call) {
  initialise();
  Attempt attempt(objectOf(mutex), mode, RequestKind::kBlocking, frame);
  attempt.announce();
  unseen(call);
  attempt.granted();
}

template <typename Call>
bool tryLock(void* mutex, Mode mode, const Frame* frame, Call call) {
  initialise();
  Attempt attempt(objectOf(mutex), mode, RequestKind::kTry, frame);
  const bool got = unseen(call);
  got ? attempt.granted() : attempt.refused();
  return got;
}

template <typename Call>
void unlock(void* mutex, const Frame* frame, Call call) {
  initialise();
  releasing(objectOf(mutex), frame, kUnknownOwner);
  unseen(call);
}

}  // namespace

#define REAL(name) (real.name == nullptr ? findLate(real.name, #name) : void(), real.name)

#define LOCKS(name, mode)                                                \
  GRIDLOCK_EXPORT void name(void* mutex) {                               \
    lock(mutex, Mode::mode, GRIDLOCK_FRAME, [=] { REAL(name)(mutex); }); \
  }
#define TRIES(name, mode)                                                                 \
  GRIDLOCK_EXPORT bool name(void* mutex) {                                                \
    return tryLock(mutex, Mode::mode, GRIDLOCK_FRAME, [=] { return REAL(name)(mutex); }); \
  }
#define UNLOCKS(name)                                          \
  GRIDLOCK_EXPORT void name(void* mutex) {                     \
    unlock(mutex, GRIDLOCK_FRAME, [=] { REAL(name)(mutex); }); \
  }

LOCKS(_ZNSt3__119__shared_mutex_base4lockEv, kExclusive)
TRIES(_ZNSt3__119__shared_mutex_base8try_lockEv, kExclusive)
UNLOCKS(_ZNSt3__119__shared_mutex_base6unlockEv)
LOCKS(_ZNSt3__119__shared_mutex_base11lock_sharedEv, kShared)
TRIES(_ZNSt3__119__shared_mutex_base15try_lock_sharedEv, kShared)
UNLOCKS(_ZNSt3__119__shared_mutex_base13unlock_sharedEv)

LOCKS(_ZNSt3__118shared_timed_mutex4lockEv, kExclusive)
TRIES(_ZNSt3__118shared_timed_mutex8try_lockEv, kExclusive)
UNLOCKS(_ZNSt3__118shared_timed_mutex6unlockEv)
LOCKS(_ZNSt3__118shared_timed_mutex11lock_sharedEv, kShared)
TRIES(_ZNSt3__118shared_timed_mutex15try_lock_sharedEv, kShared)
UNLOCKS(_ZNSt3__118shared_timed_mutex13unlock_sharedEv)
