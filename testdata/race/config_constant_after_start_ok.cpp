// gridlock: mode=static,runtime  expect-none: data-race
//
// The configuration is read in main before the first thread starts; from then on everybody only reads.
#include <map>
#include <string>
#include <thread>
#include <vector>

static std::map<std::string, int> config;

static void load() {
  config["port"] = 80;
  config["threads"] = 4;
}

static int lookUp(const std::string &key) {
  auto found = config.find(key);
  return found == config.end() ? 0 : found->second;
}

int main() {
  load();
  std::vector<int> results(4);
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < results.size(); ++i)
    workers.emplace_back([&results, i] { results[i] = lookUp("port"); });
  for (std::thread &worker : workers) worker.join();
  config.clear();
  return results[3] == 80 ? 0 : 1;
}
