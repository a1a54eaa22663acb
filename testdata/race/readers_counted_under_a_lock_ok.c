// gridlock: mode=static,runtime  expect-none: data-race
// A reader-writer lock made of a mutex, a flag and a count.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int readers, writing;
static int price;

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

static void beginWrite(void) {
  pthread_mutex_lock(&lock);
  while (writing || readers) pthread_cond_wait(&changed, &lock);
  writing = 1;
  pthread_mutex_unlock(&lock);
}

static void endWrite(void) {
  pthread_mutex_lock(&lock);
  writing = 0;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void *look(void *arg) {
  beginRead();
  *(int *)arg = price;
  endRead();
  return 0;
}

static void *change(void *arg) {
  beginWrite();
  price++;
  endWrite();
  return arg;
}

int main(void) {
  pthread_t reader, writer, second;
  int seen = 0;
  pthread_create(&reader, 0, look, &seen);
  pthread_create(&writer, 0, change, 0);
  pthread_create(&second, 0, change, 0);
  pthread_join(reader, 0);
  pthread_join(writer, 0);
  pthread_join(second, 0);
  return seen > 2;
}
