// See file_holds.h.

#include "runtime/core/file_holds.h"

#include <sys/stat.h>

#include "gridlock/record_view.h"
#include "runtime/base/print.h"
#include "runtime/base/table.h"
#include "runtime/core/events.h"
#include "runtime/core/init.h"

namespace gridlock::runtime {
namespace {

constexpr std::uint32_t kMostHolds = 256;
constexpr std::uint64_t kFileAddress = std::uint64_t{1} << 62;

struct FileHold {
  std::uint64_t file;
  std::uint64_t address;
  int fd;
  std::uint32_t thread;  // kThreads
};

FileHold holds_of[kMostHolds];
SpinLock hold_lock{LockRank::kVerdict};

// Descriptors through which a flock was asked for since they were opened, and by whom.
struct Description {
  std::uint64_t file;
  std::uint32_t thread;
};
constexpr int kDescriptions = 1024;
Description descriptions[kDescriptions];

std::uint64_t fileOf(int fd) {
  struct stat about{};
  if (sys::call(SYS_fstat, fd, sys::asLong(&about)) != 0 || !S_ISREG(about.st_mode)) return 0;
  return mix(mix(about.st_dev, 0x6669'6c65'0000'0001u), about.st_ino) | 1;
}

// With hold_lock held.
void remove(std::uint32_t at, FileHold* removed, std::uint32_t& count) {
  removed[count++] = holds_of[at];
  holds_of[at] = holds_of[--file_holds];
}

void giveUp(const FileHold* removed, std::uint32_t count) {
  const Frame nowhere{0, 0};
  for (std::uint32_t i = 0; i < count; ++i) {
    releasedByAnybody({removed[i].address, nullptr, record::LockKind::kFile, record::kProcessShared},
                      &nowhere);
  }
}

}  // namespace

std::uint32_t file_holds = 0;
bool files_are_locked = false;

FileLock flockOf(int fd) {
  const std::uint64_t file = fileOf(fd);
  if (file == 0) return {};
  return {file, (mix(file, 0xf10c) >> 2 & ~std::uint64_t{7}) | kFileAddress};
}

FileLock recordLockOf(int fd, std::uint64_t begin) {
  const std::uint64_t file = fileOf(fd);
  if (file == 0) return {};
  return {file, (mix(mix(file, 0x4ec0), begin) >> 2 & ~std::uint64_t{7}) | kFileAddress};
}

void nameFileLock(Thread& thread, Index row, int fd, bool record_lock) {
  record::LockRow& lock = current.locks[row];
  files_are_locked = true;
  std::uint32_t detail = record_lock ? record::kRecordLock : record::kFlock;
  if (!record_lock && fd < kDescriptions) {
    Description& known = descriptions[fd];
    const std::uint64_t file = lock.address;
    if (known.file == file && known.thread != thread.index) detail |= record::kOneDescription;
    if (known.file != file) known = {file, thread.index};
  }
  lock.detail.fetch_or(detail, std::memory_order_relaxed);
  if (lock.name != kNone) return;
  Line link;
  link << "/proc/self/fd/" << static_cast<std::uint64_t>(fd);
  char path[512];
  const long length =
      sys::call(SYS_readlinkat, AT_FDCWD, sys::asLong(link.text()), sys::asLong(path), sizeof(path));
  if (length > 0) lock.name = addText(path, static_cast<std::uint32_t>(length));
}

bool isHeldThrough(int fd, std::uint64_t address) {
  SpinGuard guard(hold_lock);
  for (std::uint32_t i = 0; i < file_holds; ++i) {
    if (holds_of[i].fd == fd && holds_of[i].address == address) return true;
  }
  return false;
}

void holdFile(int fd, const FileLock& lock) {
  const Thread* thread = knownThread();
  if (thread == nullptr) return;
  SpinGuard guard(hold_lock);
  if (file_holds < kMostHolds) holds_of[file_holds++] = {lock.file, lock.address, fd, thread->index};
}

void giveFile(int fd, const FileLock& lock) {
  FileHold removed[16];
  std::uint32_t count = 0;
  {
    SpinGuard guard(hold_lock);
    for (std::uint32_t i = file_holds; i-- > 0 && count < 16;) {
      const FileHold& hold = holds_of[i];
      const bool all = lock.address == 0;
      if (all ? hold.fd == fd : hold.address == lock.address) remove(i, removed, count);
    }
  }
  if (lock.address == 0 && fd >= 0 && fd < kDescriptions) descriptions[fd] = {};
  giveUp(removed, count);
}

void dropClosed(std::uint64_t address) {
  FileHold removed[16];
  std::uint32_t count = 0;
  {
    SpinGuard guard(hold_lock);
    for (std::uint32_t i = file_holds; i-- > 0 && count < 16;) {
      const FileHold& hold = holds_of[i];
      if ((address == 0 || hold.address == address) && fileOf(hold.fd) != hold.file)
        remove(i, removed, count);
    }
  }
  giveUp(removed, count);
}

void fileHoldsAfterFork() {
  hold_lock.reset();
  file_holds = 0;
}

}  // namespace gridlock::runtime
