// gridlock: mode=static
//
// The count inside a shared_ptr is atomic, the shared_ptr itself is not: one thread copies while another
// assigns.
#include <map>
#include <memory>
#include <string>
#include <thread>

using Table = std::map<std::string, int>;
static std::shared_ptr<const Table> current = std::make_shared<const Table>();

static void update() {
  for (int i = 0; i < 200; ++i) {
    auto next = std::make_shared<Table>();
    (*next)["/"] = i;
    current = next;  // expect: data-race
  }
}

int main() {
  std::thread updater(update);
  std::size_t sizes = 0;
  for (int i = 0; i < 200; ++i) {
    std::shared_ptr<const Table> table = current;  // expect: data-race
    sizes += table->size();
  }
  updater.join();
  return sizes <= 200 ? 0 : 1;
}
