// Runs one benchmark case and prints its figures as one line of JSON.
//
//   gridlock_bench --list
//   gridlock_bench CASE [SCALE]     SCALE multiplies the number of operations: 0.01 for slow tools
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench_case.h"

namespace bench {

double cpuNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

Figures measure(std::size_t operations, const std::function<void()>& body) {
  const double before = cpuNanoseconds();
  body();
  return {{"ns", (cpuNanoseconds() - before) / static_cast<double>(operations)}};
}

SleepingThread::SleepingThread() {
  if (pipe(pipe_) != 0) {
    std::perror("pipe");
    std::exit(2);
  }
  auto sleep = [](void* self) -> void* {
    char byte;
    return read(static_cast<SleepingThread*>(self)->pipe_[0], &byte, 1) < 0 ? self : nullptr;
  };
  pthread_create(&thread_, nullptr, sleep, this);
}

SleepingThread::~SleepingThread() {
  close(pipe_[1]);
  pthread_join(thread_, nullptr);
  close(pipe_[0]);
}

}  // namespace bench

int main(int argc, char** argv) {
  std::vector<bench::Case> cases;
  for (auto list : {bench::lockCases(), bench::framePointerCases(), bench::wrapperCases(),
                    bench::orderCases(), bench::waitCases(), bench::memoryCases()}) {
    cases.insert(cases.end(), list.begin(), list.end());
  }
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
    for (const auto& one : cases) {
      std::printf("%s\t%s\n", one.name.c_str(), one.meaning.c_str());
    }
    return 0;
  }
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: gridlock_bench --list | CASE [SCALE]\n");
    return 2;
  }
  const double scale = argc == 3 ? std::atof(argv[2]) : 1.0;
  for (const auto& one : cases) {
    if (one.name == argv[1]) {
      const auto wanted = static_cast<std::size_t>(static_cast<double>(one.operations) * scale);
      const char* separator = "{";
      for (const auto& [name, value] : one.run(std::max<std::size_t>(wanted, 1))) {
        std::printf("%s\"%s\": %.3f", separator, name.c_str(), value);
        separator = ", ";
      }
      std::printf("}\n");
      return 0;
    }
  }
  std::fprintf(stderr, "gridlock_bench: no case %s\n", argv[1]);
  return 2;
}
