// Locks of files: flock, and the record locks of fcntl and lockf. They keep other processes out, and are part
// of lock orders across processes and with mutexes; see core/file_holds.h for whom they belong to.
//
// That a lock is held by another process is not on record here: a wait for it is published, and who could end
// it is seen from outside alone.

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "runtime/base/sys.h"
#include "runtime/core/file_holds.h"
#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;

namespace {

void lockCancelled(void* attempt) { static_cast<Attempt*>(attempt)->refused(); }

// A request of `mode`; `call` returns 0 when it was granted.
template <typename Call>
int lockFile(int fd, const FileLock& lock, Mode mode, bool waits, bool record_lock, const Frame* frame,
             Call call) {
  // What is held already is changed in its mode, or taken again.
  if (lock.address == 0 || isHeldThrough(fd, lock.address) || (record_lock && holds(objectOf(lock))))
    return call();
  if (waits) dropClosed(lock.address);
  Attempt attempt(objectOf(lock), mode, waits ? RequestKind::kBlocking : RequestKind::kTry, frame);
  if (!attempt) return call();
  {
    Inside inside(attempt.thread());
    nameFileLock(*attempt.thread(), attempt.lock(), fd, record_lock);
  }
  if (waits) attempt.announce();
  int result;
  pthread_cleanup_push(lockCancelled, &attempt);
  result = call();
  pthread_cleanup_pop(0);
  const int saved = errno;
  if (result == 0) {
    attempt.granted();
    holdFile(fd, lock);
  } else {
    attempt.refused();
  }
  errno = saved;
  return result;
}

// Where a record begins, in bytes from the start of the file.
std::uint64_t beginOf(int fd, long start, int whence) {
  if (whence == SEEK_CUR) start += gridlock::sys::call(SYS_lseek, fd, 0, SEEK_CUR);
  return static_cast<std::uint64_t>(whence == SEEK_END ? ~start : start);
}

template <typename Call>
int recordLock(int fd, int command, void* argument, const Frame* frame, Call call) {
  const auto* what = static_cast<const struct flock*>(argument);
  if (what == nullptr) return call();
  const int saved = errno;
  const FileLock lock = recordLockOf(fd, beginOf(fd, what->l_start, what->l_whence));
  errno = saved;
  if (what->l_type == F_UNLCK) {
    if (file_holds != 0 && lock.address != 0) giveFile(fd, lock);
    return call();
  }
  const bool waits = command == F_SETLKW || command == F_OFD_SETLKW;
  return lockFile(fd, lock, what->l_type == F_RDLCK ? Mode::kShared : Mode::kExclusive, waits, true, frame,
                  call);
}

template <typename Real>
inline __attribute__((always_inline)) int fcntlWith(int fd, int command, void* argument, const Frame* frame,
                                                    Real function) {
  initialise();
  switch (command) {
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return recordLock(fd, command, argument, frame, [=] { return function(fd, command, argument); });
    default:
      return function(fd, command, argument);
  }
}

template <typename Call>
int lockfWith(int fd, int command, const Frame* frame, Call call) {
  initialise();
  if (command == F_TEST) return call();
  const int saved = errno;
  const FileLock lock = recordLockOf(fd, beginOf(fd, 0, SEEK_CUR));
  errno = saved;
  if (command == F_ULOCK) {
    if (file_holds != 0 && lock.address != 0) giveFile(fd, lock);
    return call();
  }
  return lockFile(fd, lock, Mode::kExclusive, command == F_LOCK, true, frame, call);
}

}  // namespace

GRIDLOCK_EXPORT int flock(int fd, int operation) noexcept {
  initialise();
  const int saved = errno;
  const FileLock lock = flockOf(fd);
  errno = saved;
  const Frame* frame = GRIDLOCK_FRAME;
  if ((operation & LOCK_UN) != 0) {
    if (file_holds != 0 && lock.address != 0) giveFile(fd, lock);
    return real.flock(fd, operation);
  }
  return lockFile(fd, lock, (operation & LOCK_SH) != 0 ? Mode::kShared : Mode::kExclusive,
                  (operation & LOCK_NB) == 0, false, frame, [=] { return real.flock(fd, operation); });
}

GRIDLOCK_EXPORT int fcntl(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  void* argument = va_arg(list, void*);
  va_end(list);
  return fcntlWith(fd, command, argument, GRIDLOCK_FRAME, real.fcntl);
}

GRIDLOCK_EXPORT int fcntl64(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  void* argument = va_arg(list, void*);
  va_end(list);
  return fcntlWith(fd, command, argument, GRIDLOCK_FRAME, real.fcntl64);
}

GRIDLOCK_EXPORT int lockf(int fd, int command, off_t length) {
  return lockfWith(fd, command, GRIDLOCK_FRAME, [=] { return real.lockf(fd, command, length); });
}

GRIDLOCK_EXPORT int lockf64(int fd, int command, off64_t length) {
  return lockfWith(fd, command, GRIDLOCK_FRAME, [=] { return real.lockf64(fd, command, length); });
}

GRIDLOCK_EXPORT int close(int fd) {
  initialise();
  if (files_are_locked) [[unlikely]]
    giveFile(fd, {});
  return real.close(fd);
}

GRIDLOCK_EXPORT int fclose(FILE* file) {
  initialise();
  if (files_are_locked) [[unlikely]] {
    const int saved = errno;
    giveFile(fileno(file), {});
    errno = saved;
  }
  return real.fclose(file);
}
