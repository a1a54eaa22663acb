// gridlock: mode=static
//
// The formatter keeps its scratch buffer in a static member that all threads use.
#include <string>
#include <thread>

class Formatter {
 public:
  static const std::string &format(int n) {
    static std::string scratch;
    scratch.clear();  // expect: data-race
    scratch += "n=";  // also: data-race
    scratch += std::to_string(n);  // also: data-race
    return scratch;
  }
};

static void print(int from) {
  std::size_t length = 0;
  for (int i = from; i < from + 200; ++i) length += Formatter::format(i).size();  // also: data-race
}

int main() {
  std::thread a(print, 0);
  std::thread b(print, 1000);
  a.join();
  b.join();
}
