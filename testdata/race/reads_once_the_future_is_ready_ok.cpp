// gridlock: mode=static  expect-none: data-race
//
// A future without a value is only waited for, here without and there with a time limit.
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
    report.text = "all is well";
    report.pages = 1;
    written.set_value();
  });
  if (ready.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready) report.pages = 2;
  ready.wait();
  report.text += "!";
  writer.join();
  return report.pages > 0 ? 0 : 1;
}
