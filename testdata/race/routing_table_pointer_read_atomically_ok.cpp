// gridlock: mode=static  expect-none: data-race
//
// The writer stores the shared_ptr atomically, and the readers load it so.
#include <map>
#include <memory>
#include <string>
#include <thread>

using Routes = std::map<std::string, int>;

class Router {
 public:
  int route(const std::string &host) const {
    std::shared_ptr<const Routes> routes = std::atomic_load(&routes_);
    auto it = routes->find(host);
    return it == routes->end() ? 0 : it->second;
  }
  void replace(Routes routes) {
    std::atomic_store(&routes_, std::shared_ptr<const Routes>(std::make_shared<const Routes>(std::move(routes))));
  }

 private:
  std::shared_ptr<const Routes> routes_ = std::make_shared<const Routes>();
};

int main() {
  Router router;
  std::thread updater([&] {
    for (int i = 0; i < 300; ++i) router.replace({{"a", i}, {"b", i + 1}});
  });
  int sum = 0;
  for (int i = 0; i < 300; ++i) sum += router.route("a");
  updater.join();
  return sum < 0;
}
