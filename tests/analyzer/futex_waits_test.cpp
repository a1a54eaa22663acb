// What a futex call is about, on memory made by hand; and core files that are none.
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#include <cstring>
#include <map>
#include <random>

#include "analyzer/observe/outside_waits.h"
#include "analyzer/observe/process_image.h"

namespace gridlock::observe {
namespace {

using record::LockKind;
using record::WaitKind;

constexpr std::uint64_t kLock = 0x1000;
constexpr std::uint64_t kOwner = 0x7000'0000'0000;  // struct pthread of the owner
constexpr int kOwnerTid = 72;

class Made : public ProcessImage {
 public:
  Made() {
    pid = 71;
    for (const int tid : {71, kOwnerTid}) {
      ImageThread thread;
      thread.tid = thread.outer_tid = tid;
      threads.push_back(thread);
    }
  }
  bool read(std::uint64_t address, void* to, std::size_t bytes) const override {
    for (std::size_t i = 0; i < bytes; ++i) {
      const auto byte = memory_.find(address + i);
      static_cast<unsigned char*>(to)[i] = byte == memory_.end() ? 0 : byte->second;
    }
    return true;
  }
  template <typename T>
  void put(std::uint64_t address, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
      memory_[address + i] = reinterpret_cast<const unsigned char*>(&value)[i];
  }
  std::optional<OutsideWait> wait(std::uint64_t word, int operation, std::uint32_t expected,
                                  const std::vector<std::string>& functions = {}, bool timed = false) {
    ImageThread& thread = threads[0];
    thread.in_call = true;
    thread.call = SYS_futex;
    thread.arguments = {word, static_cast<std::uint64_t>(operation), expected, timed ? 1u : 0u, 0, 0};
    return futexWait(*this, thread, functions);
  }

 private:
  std::map<std::uint64_t, unsigned char> memory_;
};

TEST(FutexWaits, AMutexHasItsOwnerBesideIt) {
  Made made;
  made.put<std::uint32_t>(kLock + 8, kOwnerTid);
  made.put<std::int32_t>(kLock + 16, 1);
  auto wait = made.wait(kLock, 0x80, 2);
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, WaitKind::kLock);
  EXPECT_EQ(wait->lock_kind, LockKind::kRecursiveMutex);
  EXPECT_EQ(wait->owners, std::vector<int>{kOwnerTid});
  EXPECT_FALSE(wait->timed);
  EXPECT_TRUE(made.wait(kLock, 0x89, 2, {}, true)->timed);
}

TEST(FutexWaits, ARobustMutexHasItsOwnerInTheWord) {
  Made made;
  made.put<std::int32_t>(kLock + 16, 16);
  const auto wait = made.wait(kLock, 0, kOwnerTid | FUTEX_WAITERS);
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->owners, std::vector<int>{kOwnerTid});
  EXPECT_NE(wait->flags & record::kRobust, 0);
}

TEST(FutexWaits, AnInheritingMutexTooAndTheKernelKnows) {
  Made made;
  made.put<std::uint32_t>(kLock, kOwnerTid | FUTEX_WAITERS);
  const auto wait = made.wait(kLock, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0);
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, WaitKind::kLock);
  EXPECT_EQ(wait->owners, std::vector<int>{kOwnerTid});
}

TEST(FutexWaits, AJoinWaitsForTheThreadInTheValue) {
  Made made;
  made.put<std::uint64_t>(kOwner + 0x10, kOwner);
  const auto wait = made.wait(kOwner + 0x2d0, 0x109, kOwnerTid);
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, WaitKind::kJoin);
  EXPECT_EQ(wait->joins, kOwnerTid);
  EXPECT_FALSE(made.wait(kOwner + 0x2d0, 0x109, 99)) << "it has just ended";
}

TEST(FutexWaits, TheLockOfAFileNamesItsOwnerByPointer) {
  Made made;
  made.put<std::uint64_t>(kLock + 8, kOwner);
  made.put<std::uint32_t>(kOwner + 0x2d0, kOwnerTid);
  const auto wait = made.wait(kLock, 0x80, 2);
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->lock_kind, LockKind::kFile);
  EXPECT_EQ(wait->owners, std::vector<int>{kOwnerTid});
}

TEST(FutexWaits, AReaderWriterLockKnowsItsWriterAlone) {
  Made made;
  made.put<std::uint32_t>(kLock + 24, kOwnerTid);
  auto wait = made.wait(kLock + 8, 0x189, 2, {"__futex_wait", "pthread_rwlock_rdlock"});
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->address, kLock);
  EXPECT_EQ(wait->mode, model::Mode::Shared);
  EXPECT_EQ(wait->owners, std::vector<int>{kOwnerTid});
  made.put<std::uint32_t>(kLock + 24, 0);
  wait = made.wait(kLock + 12, 0x189, 2, {"pthread_rwlock_wrlock"});
  EXPECT_EQ(wait->address, kLock);
  EXPECT_TRUE(wait->owners.empty());
}

TEST(FutexWaits, WhatHasNoOwnerAnybodyMayEnd) {
  Made made;
  EXPECT_EQ(made.wait(kLock + 0x28, 0x189, 0, {"pthread_cond_wait"})->address, kLock);
  EXPECT_EQ(made.wait(kLock + 0x2c, 0x189, 0, {"pthread_cond_wait"})->address, kLock);
  EXPECT_EQ(made.wait(kLock, 0x189, 0, {"sem_wait"})->kind, WaitKind::kSemaphore);
  EXPECT_EQ(made.wait(kLock + 4, 0x80, 0, {"pthread_barrier_wait"})->kind, WaitKind::kBarrier);
  EXPECT_EQ(made.wait(kLock, 0, 0x10100)->lock_kind, LockKind::kStaticGuard);
  EXPECT_EQ(made.wait(kLock, 0x80, 1, {"__pthread_once_slow"})->lock_kind, LockKind::kOnce);
  EXPECT_EQ(made.wait(kLock, 0, 1)->kind, WaitKind::kFutex);
  EXPECT_FALSE(made.wait(kLock, FUTEX_WAKE, 1));
}

TEST(CoreBytes, WhatIsNoCoreFileIsRefused) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> bytes(random() % 2000);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    // A header that is right, and nonsense behind it.
    constexpr unsigned char kStart[] = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 62, 0};
    if (bytes.size() > 64) {
      std::memcpy(bytes.data(), kStart, sizeof kStart);
      const std::uint64_t headers = 64;
      std::memcpy(bytes.data() + 32, &headers, 8);
      const std::uint16_t size = 56;
      std::memcpy(bytes.data() + 54, &size, 2);
      const std::uint16_t count = static_cast<std::uint16_t>(random() % 8);
      std::memcpy(bytes.data() + 56, &count, 2);
      const std::uint32_t note = 4;
      if (bytes.size() > 130 && random() % 2 != 0) std::memcpy(bytes.data() + 64, &note, 4);
    }
    (void)readCoreBytes(bytes, "made", false);
  }
}

}  // namespace
}  // namespace gridlock::observe
