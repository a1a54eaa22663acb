// gridlock: mode=static
// The twin of readers_counted_under_a_lock_ok.c: several readers are in at once, and they count their visits.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int readers, writing;
static int price, visits;

static void beginRead(void) {
  pthread_mutex_lock(&lock);
  while (writing) pthread_cond_wait(&changed, &lock);
  readers++;
  pthread_mutex_unlock(&lock);
}

static void endRead(void) {
  pthread_mutex_lock(&lock);
  if (--readers == 0) pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void *look(void *arg) {
  beginRead();
  visits++;  // expect: data-race
  endRead();
  return arg;
}

static void *change(void *arg) {
  pthread_mutex_lock(&lock);
  while (writing || readers) pthread_cond_wait(&changed, &lock);
  writing = 1;
  pthread_mutex_unlock(&lock);
  price++;
  pthread_mutex_lock(&lock);
  writing = 0;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  return arg;
}

int main(void) {
  pthread_t first, second, writer;
  pthread_create(&first, 0, look, 0);
  pthread_create(&second, 0, look, 0);
  pthread_create(&writer, 0, change, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  pthread_join(writer, 0);
  return visits + price > 3;
}
