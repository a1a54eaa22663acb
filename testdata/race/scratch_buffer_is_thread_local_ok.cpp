// gridlock: mode=static  expect-none: data-race
//
// The formatter keeps its scratch buffer in a thread_local.
#include <string>
#include <thread>

class Formatter {
 public:
  static const std::string &format(int n) {
    static thread_local std::string scratch;
    scratch.clear();
    scratch += "n=";
    scratch += std::to_string(n);
    return scratch;
  }
};

static void print(int from) {
  std::size_t length = 0;
  for (int i = from; i < from + 200; ++i) length += Formatter::format(i).size();
}

int main() {
  std::thread a(print, 0);
  std::thread b(print, 1000);
  a.join();
  b.join();
}
