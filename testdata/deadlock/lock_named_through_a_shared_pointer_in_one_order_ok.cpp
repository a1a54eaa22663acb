// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// Tasks hold the two resources by shared_ptr and lock them in one order.
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

struct Device {
  std::mutex mutex;
  int uses = 0;
};

int main() {
  auto printer = std::make_shared<Device>();
  auto scanner = std::make_shared<Device>();
  std::vector<std::function<void()>> jobs;
  jobs.push_back([printer, scanner] {
    std::lock_guard a(printer->mutex);
    std::lock_guard b(scanner->mutex);
    ++printer->uses;
    ++scanner->uses;
  });
  jobs.push_back([printer, scanner] {
    std::lock_guard a(printer->mutex);
    std::lock_guard b(scanner->mutex);
    ++printer->uses;
    ++scanner->uses;
  });
  std::vector<std::thread> threads;
  for (auto &job : jobs) threads.emplace_back(job);
  for (auto &thread : threads) thread.join();
}
