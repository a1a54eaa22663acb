// A benchmark case: one thing done many times, measured in CPU time of the whole process.
//
// The program `gridlock_bench` holds all cases and runs one of them a process, so that the same
// binary can be started bare, under the shim and under Valgrind, and the same source be built with
// ThreadSanitizer. It knows nothing of Gridlock and includes nothing of it. Ratios are formed by
// scripts/bench.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bench {

// Figures of one run, by name; `ns` is CPU nanoseconds for one operation.
using Figures = std::map<std::string, double>;

struct Case {
  std::string name;
  std::string meaning;
  std::size_t operations;  // native: about a third of a second
  std::function<Figures(std::size_t operations)> run;
};

std::vector<Case> lockCases();
std::vector<Case> framePointerCases();
std::vector<Case> wrapperCases();
std::vector<Case> orderCases();
std::vector<Case> waitCases();
std::vector<Case> memoryCases();

// CPU time of all threads of this process.
double cpuNanoseconds();

// Runs `body` and gives its CPU time for one of `operations`.
Figures measure(std::size_t operations, const std::function<void()>& body);

// A second thread that sleeps in a system call no tool follows as a wait: while it lives, glibc
// takes the multi-threaded path of every lock.
class SleepingThread {
 public:
  SleepingThread();
  ~SleepingThread();
  SleepingThread(const SleepingThread&) = delete;
  SleepingThread& operator=(const SleepingThread&) = delete;

 private:
  int pipe_[2];
  unsigned long thread_;
};

// Cheap random numbers: the same sequence under every tool.
class Random {
 public:
  unsigned below(unsigned limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<unsigned>((state_ >> 32) % limit);
  }

 private:
  unsigned long long state_ = 88172645463325252ULL;
};

}  // namespace bench
