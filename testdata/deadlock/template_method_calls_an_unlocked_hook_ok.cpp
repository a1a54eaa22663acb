// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// The base class calls a hook under its lock; the override uses the method that expects the lock.
#include <mutex>
#include <string>
#include <vector>

class Component {
 public:
  virtual ~Component() = default;
  void update(int value) {
    std::lock_guard guard(mutex_);
    value_ = value;
    onUpdate();
  }
  int value() const {
    std::lock_guard guard(mutex_);
    return value_;
  }

 protected:
  virtual void onUpdate() {}
  int valueLocked() const { return value_; }

 private:
  mutable std::mutex mutex_;
  int value_ = 0;
};

class Recorder : public Component {
 protected:
  void onUpdate() override {
    history_.push_back(valueLocked());
  }

 private:
  std::vector<int> history_;
};

int main() {
  Recorder recorder;
  recorder.update(3);
}
