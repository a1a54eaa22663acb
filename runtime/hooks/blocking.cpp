// Calls that may block, looked at only while the calling thread holds a lock: who needs the lock waits as
// long. Everything else goes straight on. What libc calls from within itself (stdio's reads and writes, say)
// is not seen.
//
// Most of these are cancellation points: nothing is left behind that a cancelled call would have to undo.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "runtime/core/clock.h"
#include "runtime/core/progress.h"
#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/real.h"

using namespace gridlock::runtime;
using gridlock::record::BlockingCall;

namespace {

inline __attribute__((always_inline)) bool holdsAnything() {
  Thread* thread = tl_thread;
  return thread->gate() != 0 && !thread->holdsNothing();
}

[[gnu::noinline]] void noteEnd(BlockingCall what, std::uint64_t since, const Frame* frame) {
  const int saved = errno;
  const std::uint64_t blocked = nowNs() - since;
  if (Thread* thread = knownThread(); thread != nullptr) {
    Inside inside(thread);
    thread->row->blocked_ns.fetch_add(blocked, std::memory_order_relaxed);
    noteBlocking(*thread, what, blocked, frame);
  }
  errno = saved;
}

template <typename Call>
inline __attribute__((always_inline)) auto blocking(BlockingCall what, const Frame* frame, Call call) {
  initialise();
  if (!holdsAnything()) [[likely]]
    return call();
  const std::uint64_t since = nowNs();
  const auto result = call();
  noteEnd(what, since, frame);
  return result;
}

}  // namespace

// The arguments stand twice, with their types and without.
#define BLOCKING(what, type, name, parameters, arguments)                                               \
  GRIDLOCK_EXPORT type name parameters {                                                                \
    return blocking(BlockingCall::what, GRIDLOCK_FRAME, [=]() -> type { return real.name arguments; }); \
  }

BLOCKING(kSleep, unsigned, sleep, (unsigned seconds), (seconds))
BLOCKING(kSleep, int, usleep, (useconds_t time), (time))
BLOCKING(kSleep, int, nanosleep, (const timespec* time, timespec* left), (time, left))
BLOCKING(kSleep, int, clock_nanosleep, (clockid_t clock, int flags, const timespec* time, timespec* left),
         (clock, flags, time, left))

BLOCKING(kRead, ssize_t, read, (int fd, void* to, size_t bytes), (fd, to, bytes))
BLOCKING(kRead, ssize_t, __read_chk, (int fd, void* to, size_t bytes, size_t room), (fd, to, bytes, room))
BLOCKING(kRead, ssize_t, readv, (int fd, const iovec* to, int count), (fd, to, count))
BLOCKING(kRead, ssize_t, pread, (int fd, void* to, size_t bytes, off_t at), (fd, to, bytes, at))
BLOCKING(kRead, ssize_t, pread64, (int fd, void* to, size_t bytes, off64_t at), (fd, to, bytes, at))
BLOCKING(kRead, ssize_t, recv, (int fd, void* to, size_t bytes, int flags), (fd, to, bytes, flags))
BLOCKING(kRead, ssize_t, __recv_chk, (int fd, void* to, size_t bytes, size_t room, int flags),
         (fd, to, bytes, room, flags))
BLOCKING(kRead, ssize_t, recvfrom,
         (int fd, void* to, size_t bytes, int flags, sockaddr* address, socklen_t* length),
         (fd, to, bytes, flags, address, length))
BLOCKING(kRead, ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags))

BLOCKING(kWrite, ssize_t, write, (int fd, const void* from, size_t bytes), (fd, from, bytes))
BLOCKING(kWrite, ssize_t, writev, (int fd, const iovec* from, int count), (fd, from, count))
BLOCKING(kWrite, ssize_t, pwrite, (int fd, const void* from, size_t bytes, off_t at), (fd, from, bytes, at))
BLOCKING(kWrite, ssize_t, pwrite64, (int fd, const void* from, size_t bytes, off64_t at),
         (fd, from, bytes, at))
BLOCKING(kWrite, ssize_t, send, (int fd, const void* from, size_t bytes, int flags), (fd, from, bytes, flags))
BLOCKING(kWrite, ssize_t, sendto,
         (int fd, const void* from, size_t bytes, int flags, const sockaddr* address, socklen_t length),
         (fd, from, bytes, flags, address, length))
BLOCKING(kWrite, ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))

BLOCKING(kSync, int, fsync, (int fd), (fd))
BLOCKING(kSync, int, fdatasync, (int fd), (fd))

BLOCKING(kPoll, int, poll, (pollfd * fds, nfds_t count, int milliseconds), (fds, count, milliseconds))
BLOCKING(kPoll, int, ppoll, (pollfd * fds, nfds_t count, const timespec* time, const sigset_t* mask),
         (fds, count, time, mask))
BLOCKING(kPoll, int, select, (int count, fd_set* in, fd_set* out, fd_set* other, timeval* time),
         (count, in, out, other, time))
BLOCKING(kPoll, int, pselect,
         (int count, fd_set* in, fd_set* out, fd_set* other, const timespec* time, const sigset_t* mask),
         (count, in, out, other, time, mask))
BLOCKING(kPoll, int, epoll_wait, (int fd, epoll_event* events, int most, int milliseconds),
         (fd, events, most, milliseconds))
BLOCKING(kPoll, int, epoll_pwait,
         (int fd, epoll_event* events, int most, int milliseconds, const sigset_t* mask),
         (fd, events, most, milliseconds, mask))

BLOCKING(kConnect, int, connect, (int fd, const sockaddr* address, socklen_t length), (fd, address, length))
BLOCKING(kAccept, int, accept, (int fd, sockaddr* address, socklen_t* length), (fd, address, length))
BLOCKING(kAccept, int, accept4, (int fd, sockaddr* address, socklen_t* length, int flags),
         (fd, address, length, flags))

BLOCKING(kChild, pid_t, wait, (int* status), (status))
BLOCKING(kChild, pid_t, waitpid, (pid_t pid, int* status, int options), (pid, status, options))
BLOCKING(kChild, pid_t, wait3, (int* status, int options, rusage* usage), (status, options, usage))
BLOCKING(kChild, pid_t, wait4, (pid_t pid, int* status, int options, rusage* usage),
         (pid, status, options, usage))
BLOCKING(kChild, int, waitid, (idtype_t type, id_t id, siginfo_t* info, int options),
         (type, id, info, options))
BLOCKING(kChild, int, system, (const char* line), (line))
