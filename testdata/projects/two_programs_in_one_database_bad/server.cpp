// gridlock: mode=static validate=none program=server:server.cpp,settings.cpp program=tool:tool.cpp,settings.cpp
//
// As the _ok twin, but the server's second thread changes the setting too.
#include <thread>

#include "settings.h"

int main() {
  int seen = 0;
  std::thread reader([&] { seen = verbosity; });  // also: data-race
  std::thread console(raiseVerbosity);
  reader.join();
  console.join();
  return seen > 1;
}
