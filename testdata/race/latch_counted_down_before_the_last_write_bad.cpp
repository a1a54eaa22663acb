// gridlock: mode=static
//
// The loader says that it is done before it has written everything.
#include <latch>
#include <map>
#include <string>
#include <thread>

class Catalog {
 public:
  void load() {
    prices_["tea"] = 3;
    loaded_.count_down();
    prices_["coffee"] = 4;  // expect-miss: data-race
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
