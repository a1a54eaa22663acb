// gridlock: mode=static,runtime  expect-none: data-race
//
// Here the loop waits for the worker's answer before it touches the connection again.
#include <future>
#include <thread>

struct Connection {
  long bytes = 0;
  void received(long n) { bytes += n; }
  void sent(long n) { bytes -= n; }
};

int main() {
  Connection connection;
  for (int i = 0; i < 20; ++i) {
    connection.received(10);
    std::future<void> done = std::async(std::launch::async, [&connection] { connection.sent(10); });
    done.wait();
    connection.received(1);
  }
  return connection.bytes == 20 ? 0 : 1;
}
