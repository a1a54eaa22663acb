#pragma once
#include <pthread.h>

class Mutex {
 public:
  void acquire() { pthread_mutex_lock(&handle_); }  // expect-false-alarm: lock-not-released
  void release() { pthread_mutex_unlock(&handle_); }  // expect-false-alarm: unlock-not-held

 private:
  pthread_mutex_t handle_ = PTHREAD_MUTEX_INITIALIZER;
};

template <typename Lock>
class Scoped {
 public:
  explicit Scoped(Lock &lock) : lock_(&lock) { lock_->acquire(); }
  ~Scoped() {
    if (lock_) lock_->release();
  }
  void drop() {
    lock_->release();
    lock_ = nullptr;
  }

 private:
  Lock *lock_;
};
