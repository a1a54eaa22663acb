// gridlock: mode=static,runtime  expect-none: self-deadlock, data-race
//
// The repair: give the read lock back, take the write lock, and look again.
#include <pthread.h>
#include <stddef.h>

struct settings {
  pthread_rwlock_t lock;
  int version;
  int loaded;
};

static struct settings settings = {PTHREAD_RWLOCK_INITIALIZER, 0, 0};

static int settings_version(struct settings *s) {
  pthread_rwlock_rdlock(&s->lock);
  if (!s->loaded) {
    pthread_rwlock_unlock(&s->lock);
    pthread_rwlock_wrlock(&s->lock);
    if (!s->loaded) {
      s->version = 1;
      s->loaded = 1;
    }
  }
  int version = s->version;
  pthread_rwlock_unlock(&s->lock);
  return version;
}

static void *reader(void *argument) {
  (void)argument;
  for (int i = 0; i < 100; ++i) settings_version(&settings);
  return NULL;
}

int main(void) {
  pthread_t first;
  pthread_t second;
  pthread_create(&first, NULL, reader, NULL);
  pthread_create(&second, NULL, reader, NULL);
  pthread_join(first, NULL);
  pthread_join(second, NULL);
  return 0;
}
