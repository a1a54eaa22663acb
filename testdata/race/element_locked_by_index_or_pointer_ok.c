// gridlock: mode=static
//
// Each session of a table has its own lock: taken by pointer in one place, by a fixed index in another, and
// of one of two sessions in a third.
#include <pthread.h>

struct session {
  pthread_mutex_t lock;
  long bytes;
};

static struct session sessions[8];
static struct session fallback;

static void session_add(struct session* s, long n) {
  pthread_mutex_lock(&s->lock);
  s->bytes += n;  // expect-none: data-race
  pthread_mutex_unlock(&s->lock);
}

static void* worker(void* arg) {
  int count = *(int*)arg;
  struct session* s;
  for (int i = 0; i < 8; ++i) session_add(&sessions[i], i);
  if (count > 4)
    s = &sessions[3];
  else
    s = &fallback;
  pthread_mutex_lock(&s->lock);
  s->bytes = 0;  // expect-none: data-race
  pthread_mutex_unlock(&s->lock);
  return NULL;
}

int main(void) {
  int count = 5;
  pthread_t t;
  for (int i = 0; i < 8; ++i) pthread_mutex_init(&sessions[i].lock, NULL);
  pthread_mutex_init(&fallback.lock, NULL);
  pthread_create(&t, NULL, worker, &count);
  pthread_mutex_lock(&sessions[3].lock);
  sessions[3].bytes++;  // expect-none: data-race
  pthread_mutex_unlock(&sessions[3].lock);
  pthread_mutex_lock(&fallback.lock);
  fallback.bytes++;  // expect-none: data-race
  pthread_mutex_unlock(&fallback.lock);
  pthread_join(t, NULL);
  return 0;
}
