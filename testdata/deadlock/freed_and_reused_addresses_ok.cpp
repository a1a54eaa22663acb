// gridlock: mode=runtime  expect-none: lock-order-cycle, use-of-invalid-lock, destroy-locked  also: lock-order-cycle severity=note
//
// Sessions come and go at the same addresses, on heap and stack, with and without a destroy call. The orders
// of different sessions have nothing to do with each other.
#include <pthread.h>

#include <cstdlib>
#include <mutex>
#include <new>
#include <thread>

#include "support/invisible_barrier.h"

static std::mutex index_mutex;
static invisible_step step = INVISIBLE_STEP_INIT;

struct Session {
  std::mutex mutex;
  int requests = 0;
};

// Session before index …
static void open(void *place) {
  Session *session = new (place) Session;
  {
    std::lock_guard<std::mutex> own(session->mutex);
    std::lock_guard<std::mutex> index(index_mutex);
    ++session->requests;
  }
  session->~Session();
}

// … and, at the same address but in another session, index before session.
static void drop(void *place) {
  Session *session = new (place) Session;
  {
    std::lock_guard<std::mutex> index(index_mutex);
    std::lock_guard<std::mutex> own(session->mutex);
    ++session->requests;
  }
  session->~Session();
}

int main() {
  alignas(Session) static unsigned char place[sizeof(Session)];
  std::thread first([] {
    open(place);
    invisible_step_advance(&step);
    invisible_step_await(&step, 2);
  });
  std::thread second([] {
    invisible_step_await(&step, 1);
    drop(place);
    invisible_step_advance(&step);
  });
  first.join();
  second.join();
  return 0;
}
