// gridlock: mode=static
//
// The accessor locks, but what it returns is a reference: the caller reads it after the guard is gone.
#include <mutex>
#include <string>
#include <thread>

class Profile {
 public:
  const std::string &name() {
    std::lock_guard<std::mutex> guard(mutex_);
    return name_;
  }
  void rename(const std::string &name) {
    std::lock_guard<std::mutex> guard(mutex_);
    name_ = name;  // also: data-race
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
  for (int i = 0; i < 200; ++i) letters += profile.name().size();  // expect: data-race
  editor.join();
  return letters > 0 ? 0 : 1;
}
