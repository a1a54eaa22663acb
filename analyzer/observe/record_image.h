// A flight record made in memory from what was read of a process from outside, so that the solver and the
// reader of records serve both.
//
// Only what such a look can know is in it: threads, waits, the locks that are waited for, and their owners.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gridlock/record.h"

namespace gridlock::observe {

class RecordImage {
 public:
  struct Thread {
    std::uint32_t tid = 0;
    std::string name;
    bool main = false;
    record::Index root = record::kNone;  // outermost frame
    record::WaitKind wait_kind = record::WaitKind::kNone;
    record::Index wait_for = record::kNone;
    std::uint32_t how = 0;
    std::uint64_t address = 0;
    record::Index stack = record::kNone;
    std::vector<std::pair<record::Index, record::Mode>> held;
  };
  struct Lock {
    record::LockKind kind = record::LockKind::kUnknown;
    std::uint16_t flags = 0;
    std::uint64_t address = 0;
    record::Index first_stack = record::kNone;
    std::string name;
  };
  struct Module {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t bias = 0;
    std::string path;
  };
  struct Process {
    std::uint32_t pid = 0;
    std::uint32_t parent = 0;
    std::uint64_t start = 0;
    std::string executable;
    std::vector<std::string> command;
  };

  Process process;

  // Rows count from 1.
  record::Index addThread(Thread thread);
  record::Index addLock(Lock lock);
  void addModule(Module module) { modules_.push_back(std::move(module)); }
  // Innermost frame first.
  record::Index addStack(const std::vector<std::uint64_t>& addresses);
  Thread& thread(record::Index index) { return threads_[index - 1]; }
  Lock& lock(record::Index index) { return locks_[index - 1]; }

  // Lays the record out. The bytes stay where they are until the next call.
  std::span<const std::byte> bytes();

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<Thread> threads_;
  std::vector<Lock> locks_;
  std::vector<Module> modules_;
  std::vector<std::pair<std::uint64_t, record::Index>> frames_;  // address, parent
  std::map<std::pair<std::uint64_t, record::Index>, record::Index> known_frames_;
  std::vector<Line> memory_;
};

}  // namespace gridlock::observe
