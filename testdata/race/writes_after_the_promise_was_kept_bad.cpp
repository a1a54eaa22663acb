// gridlock: mode=static
//
// The worker keeps its promise and then still corrects the text, which the other side reads by now.
#include <future>
#include <string>
#include <thread>

static int answer;

int main() {
  std::promise<void> done;
  std::future<void> ready = done.get_future();
  std::thread worker([&done] {
    answer = 41;
    done.set_value();
    answer = 42;  // expect: data-race
  });
  ready.get();
  int seen = answer;  // also: data-race
  worker.join();
  return seen > 40 ? 0 : 1;
}
