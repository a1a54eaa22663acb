// gridlock: mode=static,runtime  expect-none: data-race
//
// The accessor returns a copy, made under the lock.
#include <mutex>
#include <string>
#include <thread>

class Profile {
 public:
  std::string name() {
    std::lock_guard<std::mutex> guard(mutex_);
    return name_;
  }
  void rename(const std::string &name) {
    std::lock_guard<std::mutex> guard(mutex_);
    name_ = name;
  }

 private:
  std::mutex mutex_;
  std::string name_ = "nobody";
};

int main() {
  Profile profile;
  std::thread editor([&] {
    for (int i = 0; i < 200; ++i) profile.rename("somebody with a longer name");
  });
  std::size_t letters = 0;
  for (int i = 0; i < 200; ++i) letters += profile.name().size();
  editor.join();
  return letters > 0 ? 0 : 1;
}
