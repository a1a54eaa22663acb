// gridlock: mode=static,runtime  expect-none: data-race
//
// What is written before set_value is seen after get: promise and future order the two.
#include <future>
#include <string>
#include <thread>

static std::string answer;

int main() {
  std::promise<void> done;
  std::future<void> ready = done.get_future();
  std::thread worker([&done] {
    answer = "forty-two";
    done.set_value();
  });
  ready.get();
  std::size_t length = answer.size();
  worker.join();
  return length == 9 ? 0 : 1;
}
