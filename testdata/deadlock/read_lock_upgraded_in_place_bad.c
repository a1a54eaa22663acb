// gridlock: mode=static,runtime validate=none
//
// The reader finds that it must write and asks for the write lock without giving its read lock back: it
// waits for itself.
#include <pthread.h>
#include <stddef.h>

struct settings {
  pthread_rwlock_t lock;
  int version;
  int loaded;
};

static struct settings settings = {PTHREAD_RWLOCK_INITIALIZER, 0, 0};

static int settings_version(struct settings *s) {
  pthread_rwlock_rdlock(&s->lock);  // also: self-deadlock, deadlock
  if (!s->loaded) {
    pthread_rwlock_wrlock(&s->lock);  // expect: self-deadlock
    s->version = 1;
    s->loaded = 1;
    pthread_rwlock_unlock(&s->lock);
  }
  int version = s->version;
  pthread_rwlock_unlock(&s->lock);
  return version;
}

int main(void) { return settings_version(&settings) == 1 ? 0 : 1; }
