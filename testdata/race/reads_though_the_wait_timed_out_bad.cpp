// gridlock: mode=static validate=none
//
// Whether the future was ready in time is not looked at.
#include <chrono>
#include <future>
#include <string>
#include <thread>

struct Report {
  std::string text;
  int pages = 0;
};

int main() {
  Report report;
  std::promise<void> written;
  std::future<void> ready = written.get_future();
  std::thread writer([&report, &written] {
    report.pages = 1;  // expect: data-race
    written.set_value();
  });
  ready.wait_for(std::chrono::milliseconds(1));
  int pages = report.pages;  // also: data-race
  writer.join();
  return pages >= 0 ? 0 : 1;
}
