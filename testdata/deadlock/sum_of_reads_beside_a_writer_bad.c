// gridlock: mode=static
//
// The lock prefers writers: one that asks between the two reads stops both.
#include <pthread.h>
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static int table[8];
static int get(int i) {
  pthread_rwlock_rdlock(&rw);  // expect: recursive-read
  int v = table[i];
  pthread_rwlock_unlock(&rw);
  return v;
}
static int sum(void) {
  int s = 0;
  pthread_rwlock_rdlock(&rw);  // also: recursive-read
  for (int i = 0; i < 8; i++) s += get(i);
  pthread_rwlock_unlock(&rw);
  return s;
}
static void* reader(void* p) {
  for (int i = 0; i < 100; i++) sum();
  return p;
}
static void* writer(void* p) {
  for (int i = 0; i < 100; i++) {
    pthread_rwlock_wrlock(&rw);
    table[i % 8]++;
    pthread_rwlock_unlock(&rw);
  }
  return p;
}
int main(void) {
  pthread_t t, u;
  pthread_rwlockattr_t at;
  pthread_rwlockattr_init(&at);
  pthread_rwlockattr_setkind_np(&at, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
  pthread_rwlock_init(&rw, &at);
  pthread_create(&t, 0, reader, 0);
  pthread_create(&u, 0, writer, 0);
  pthread_join(t, 0);
  pthread_join(u, 0);
  return 0;
}
