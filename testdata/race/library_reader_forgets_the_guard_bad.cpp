// gridlock: mode=static validate=none
//
// A class of a library: every writer takes the lock, one reader does not.
#include <mutex>
#include <string>

class Settings {
 public:
  void setVerbosity(int value) {
    std::lock_guard<std::mutex> guard(mutex_);
    verbosity_ = value;
  }
  void raise() {
    std::lock_guard<std::mutex> guard(mutex_);
    ++verbosity_;
  }
  bool chatty() const { return verbosity_ > 2; }  // expect: inconsistent-guard

 private:
  mutable std::mutex mutex_;
  int verbosity_ = 0;
};

int apply(Settings& settings, int value) {
  settings.setVerbosity(value);
  if (value > 3) settings.raise();
  return settings.chatty();
}
