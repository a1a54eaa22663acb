// gridlock: mode=static  expect-none: data-race
//
// A packaged_task fills the report; main reads it after the future's get().
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "support/invisible_barrier.h"

struct Report {
  std::vector<std::string> lines;
  int errors = 0;
};

static invisible_step filled = INVISIBLE_STEP_INIT;
static Report report;

int main() {
  std::packaged_task<int(int)> task([](int n) {
    for (int i = 0; i < n; ++i) report.lines.push_back("line");
    report.errors = n / 2;
    invisible_step_advance(&filled);
    return n;
  });
  std::future<int> done = task.get_future();
  std::thread worker(std::move(task), 20);
  invisible_step_await(&filled, 1);
  done.get();
  int errors = report.errors;
  worker.join();
  return errors > 100;
}
