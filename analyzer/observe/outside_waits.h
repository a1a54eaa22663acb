// What a thread waits for, read from its system call and the object the call is about.
//
// libc's own layouts (glibc 2.4 and later on x86-64) tell a futex of a mutex from that of a semaphore; the
// names of the functions on the thread's stack help where layouts are alike. What cannot be told is a wait
// that anybody might end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/observe/process_image.h"
#include "gridlock/record.h"

namespace gridlock::observe {

struct OutsideWait {
  record::WaitKind kind = record::WaitKind::kNone;
  record::LockKind lock_kind = record::LockKind::kUnknown;
  std::uint16_t flags = 0;  // record::LockFlag
  std::uint64_t address = 0;
  std::string identity;  // of a lock that processes share; else empty
  std::string name;      // of a lock that has one: a file
  model::Mode mode = model::Mode::Exclusive;
  bool timed = false;
  int joins = 0;            // kJoin: the thread whose end it is, as we see it
  std::vector<int> owners;  // who holds the lock, as libc or the kernel says: threads as we see them
};

// A futex call. `functions`: the innermost functions of the thread's stack, innermost first.
std::optional<OutsideWait> futexWait(const ProcessImage& process, const ImageThread& thread,
                                     const std::vector<std::string>& functions);

// A wait for another process, of a living one: for a child's end, a lock of a file, the other end of a pipe.
std::optional<OutsideWait> processWait(const ProcessImage& process, const ImageThread& thread);

// The process a thread id belongs to; 0 when there is none.
int processOfThread(int tid);

}  // namespace gridlock::observe
