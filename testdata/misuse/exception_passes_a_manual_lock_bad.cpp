// gridlock: mode=static,runtime
//
// parse() throws between lock() and unlock(); the handler is in the caller, the lock stays.
#include <mutex>
#include <stdexcept>
#include <string>

static std::mutex mutex;
static int last;

static int parse(const std::string &text) {
  if (text.empty()) throw std::invalid_argument("empty");
  return text[0] - '0';
}

static void store(const std::string &text) {
  mutex.lock();        // expect: lock-not-released via=runtime expect-miss: lock-not-released via=static
  last = parse(text);  // also: lock-not-released
  mutex.unlock();
}

int main() {
  try {
    store("7");
    store("");
  } catch (const std::invalid_argument &) {
    return 0;
  }
  return 1;
}
