// gridlock: mode=static,runtime program=server:server.cpp,settings.cpp program=tool:tool.cpp,settings.cpp  expect-none: data-race
//
// Two programs share a unit. The server has threads, which only read the setting; the tool writes it, and
// has one thread. Linked together by mistake, there would be a race; in truth there is none.
#include <thread>

#include "settings.h"

static int serve() { return verbosity; }

int main() {
  int first_result = 0;
  int second_result = 0;
  std::thread first([&] { first_result = serve(); });
  std::thread second([&] { second_result = serve(); });
  first.join();
  second.join();
  return first_result + second_result;
}
