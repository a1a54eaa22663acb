// gridlock: mode=runtime flags=-std=c++20
// expect-none: deadlock
//
// The same by an atomic wait, a futex that carries no owner: the child stands still, alone in its process,
// until the parent has done its work.
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <new>

static volatile long sum;

int main() {
  void *memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto *ready = new (memory) std::atomic<int>(0);
  const pid_t child = fork();
  if (child == 0) {
    while (*ready == 0) syscall(SYS_futex, ready, FUTEX_WAIT, 0, nullptr, nullptr, 0);
    _exit(0);
  }
  for (long i = 0; i < 300000000; ++i) sum += i;
  *ready = 1;
  syscall(SYS_futex, ready, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  int status = 1;
  waitpid(child, &status, 0);
  return status != 0;
}
