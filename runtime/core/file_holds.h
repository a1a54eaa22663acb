// Which locks of files the process holds, by descriptor: flock, and the record locks of fcntl and lockf.
//
// A lock of a file has no object in memory. It is known by the file's device and number (and, for a record
// lock, by where the record begins), which makes up an address that no object has. It belongs to an open
// file, or to the process, not to a thread; the thread that asked for it is taken for its holder until
// somebody gives it up or closes the descriptor. Descriptors can be closed in ways that nobody sees: who is
// about to rely on a holder has it looked at first (dropClosed).
#pragma once

#include "runtime/core/lock_table.h"

namespace gridlock::runtime {

struct FileLock {
  std::uint64_t file = 0;  // of the device and number; 0: not to be followed
  std::uint64_t address = 0;
};
// A flock: one for the whole file. A record lock: where it begins.
FileLock flockOf(int fd);
FileLock recordLockOf(int fd, std::uint64_t begin);

inline Object objectOf(const FileLock& lock) {
  return {lock.address, nullptr, record::LockKind::kFile, record::kProcessShared};
}

extern std::uint32_t file_holds __attribute__((visibility("hidden")));  // how many there are
extern bool files_are_locked __attribute__((visibility("hidden")));     // or once were

// The row gets its name and detail.
void nameFileLock(Thread& thread, Index row, int fd, bool record_lock);
bool isHeldThrough(int fd, std::uint64_t address);
void holdFile(int fd, const FileLock& lock);
// Gives up what is held through the descriptor: this lock, or with address 0 all of them. Record locks go
// with any descriptor of the file.
void giveFile(int fd, const FileLock& lock);
void dropClosed(std::uint64_t address);

void fileHoldsAfterFork();

}  // namespace gridlock::runtime
