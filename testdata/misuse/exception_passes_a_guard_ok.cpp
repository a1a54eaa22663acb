// gridlock: mode=static,runtime  expect-none: lock-not-released
//
// The guard's destructor runs while the exception passes.
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
  std::lock_guard<std::mutex> guard(mutex);
  last = parse(text);
}

int main() {
  try {
    store("7");
    store("");
  } catch (const std::invalid_argument &) {
    std::lock_guard<std::mutex> guard(mutex);
    return last == 7 ? 0 : 1;
  }
  return 1;
}
