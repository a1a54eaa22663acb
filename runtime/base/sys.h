// System calls without libc's wrappers: they leave errno alone, are no cancellation points and
// cannot lead back into a hook. Results are the kernel's: negative values are -errno.
#pragma once

#include <cstddef>
#include <cstdint>

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#if !defined(__x86_64__)
#error "the shim knows x86-64 only"
#endif

namespace gridlock::sys {

inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

template <typename T>
long asLong(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

inline void* map(std::size_t bytes, int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, int fd = -1) {
  const long result = call(SYS_mmap, 0, static_cast<long>(bytes), PROT_READ | PROT_WRITE, flags, fd, 0);
  return result < 0 && result > -4096 ? nullptr : reinterpret_cast<void*>(result);
}
// Puts private memory, empty until it is written, in the place of a mapping.
inline bool cover(void* at, std::size_t bytes) {
  const long result = call(SYS_mmap, asLong(at), static_cast<long>(bytes), PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  return result == asLong(at);
}
inline long unmap(void* at, std::size_t bytes) {
  return call(SYS_munmap, asLong(at), static_cast<long>(bytes));
}
inline long advise(void* at, std::size_t bytes, int advice) {
  return call(SYS_madvise, asLong(at), static_cast<long>(bytes), advice);
}
inline long open(const char* path, int flags, int mode = 0) {
  return call(SYS_openat, AT_FDCWD, asLong(path), flags, mode);
}
inline long close(int fd) { return call(SYS_close, fd); }
inline long read(int fd, void* to, std::size_t bytes) {
  return call(SYS_read, fd, asLong(to), static_cast<long>(bytes));
}
inline long write(int fd, const void* from, std::size_t bytes) {
  return call(SYS_write, fd, asLong(from), static_cast<long>(bytes));
}
inline std::uint32_t gettid() { return static_cast<std::uint32_t>(call(SYS_gettid)); }
inline std::uint32_t getpid() { return static_cast<std::uint32_t>(call(SYS_getpid)); }
inline std::uint32_t getppid() { return static_cast<std::uint32_t>(call(SYS_getppid)); }

inline void sleepNs(std::int64_t ns) {
  timespec time{ns / 1'000'000'000, ns % 1'000'000'000};
  call(SYS_nanosleep, asLong(&time), 0);
}

// The whole of a small file, ended by NUL. The number of bytes, or negative.
inline long readFile(const char* path, char* to, std::size_t room) {
  const long fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fd;
  std::size_t length = 0;
  while (length + 1 < room) {
    const long got = read(static_cast<int>(fd), to + length, room - 1 - length);
    if (got <= 0) break;
    length += static_cast<std::size_t>(got);
  }
  to[length] = '\0';
  close(static_cast<int>(fd));
  return static_cast<long>(length);
}

}  // namespace gridlock::sys
