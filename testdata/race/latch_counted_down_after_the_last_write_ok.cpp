// gridlock: mode=static  expect-none: data-race
//
// The loader writes everything before it counts the latch down.
#include <latch>
#include <map>
#include <string>
#include <thread>

class Catalog {
 public:
  void load() {
    prices_["tea"] = 3;
    prices_["coffee"] = 4;
    loaded_.count_down();
  }
  int price(const std::string &name) {
    loaded_.wait();
    auto it = prices_.find(name);
    return it == prices_.end() ? 0 : it->second;
  }

 private:
  std::latch loaded_{1};
  std::map<std::string, int> prices_;
};

int main() {
  Catalog catalog;
  std::thread loader(&Catalog::load, &catalog);
  int price = catalog.price("tea");
  loader.join();
  return price == 3 ? 0 : 1;
}
