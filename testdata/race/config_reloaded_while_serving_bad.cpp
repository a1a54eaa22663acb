// gridlock: mode=static
//
// The same configuration, but a reload changes it while the workers read.
#include <map>
#include <string>
#include <thread>

static std::map<std::string, int> config;

static void load(int port) {
  config["port"] = port;  // expect: data-race
}

static int lookUp(const std::string &key) {
  auto found = config.find(key);  // expect: data-race
  return found == config.end() ? 0 : found->second;
}

int main() {
  load(80);
  int last = 0;
  std::thread worker([&last] {
    for (int i = 0; i < 300; ++i) last = lookUp("port");
  });
  for (int i = 0; i < 300; ++i) load(80 + i);
  worker.join();
  return last >= 80 ? 0 : 1;
}
