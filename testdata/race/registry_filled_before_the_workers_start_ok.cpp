// gridlock: mode=static  expect-none: data-race
//
// The singleton registry is filled before the workers start, and only read after that.
#include <functional>
#include <map>
#include <string>
#include <thread>

class CommandRegistry {
 public:
  using Command = std::function<int(int)>;
  static CommandRegistry &instance() {
    static CommandRegistry registry;
    return registry;
  }
  void add(const std::string &name, Command command) { commands_[name] = std::move(command); }
  int run(const std::string &name, int argument) const {
    auto it = commands_.find(name);
    return it == commands_.end() ? -1 : it->second(argument);
  }

 private:
  CommandRegistry() = default;
  std::map<std::string, Command> commands_;
};

static void work() {
  for (int i = 0; i < 100; ++i) CommandRegistry::instance().run("twice", i);
}

int main() {
  CommandRegistry::instance().add("twice", [](int n) { return 2 * n; });
  CommandRegistry::instance().add("square", [](int n) { return n * n; });
  std::thread worker(work);
  worker.join();
}
