// gridlock: mode=static validate=none flags=-Wno-attributes
//
// The class says by Clang's attribute which lock guards the field; one method breaks the promise. Nothing
// here runs in parallel: the annotation alone is the evidence.
#include <mutex>

#if defined(__clang__)
#define GUARDED_BY(lock) __attribute__((guarded_by(lock)))
#else
#define GUARDED_BY(lock)
#endif

class Balance {
 public:
  void add(long n) {
    std::lock_guard<std::mutex> guard(mutex_);
    value_ += n;
  }
  void reset() { value_ = 0; }  // expect-miss: inconsistent-guard|data-race

 private:
  std::mutex mutex_;
  long value_ GUARDED_BY(mutex_) = 0;
};

int main() {
  Balance balance;
  balance.add(5);
  balance.reset();
  return 0;
}
