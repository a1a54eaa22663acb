// gridlock: mode=static
//
// The owner deletes the object while its detached worker still writes to it.
#include <thread>

#include "support/invisible_barrier.h"

static invisible_step finished = INVISIBLE_STEP_INIT;

class Recorder {
 public:
  void start() {
    std::thread([this] {
      for (int i = 0; i < 100; ++i) level_ = i;  // expect: data-race
      invisible_step_advance(&finished);
    }).detach();
  }
  ~Recorder() { level_ = -1; }  // also: data-race

 private:
  int level_ = 0;
};

int main() {
  {
    static Recorder *recorder = new Recorder;
    recorder->start();
    invisible_step_await(&finished, 1);  // so that the run itself is harmless
    delete recorder;                     // also: data-race
  }
  return 0;
}
