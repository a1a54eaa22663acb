// gridlock: mode=static
// Two threads can both find the printer idle before either of them marks it busy.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int busy;
static int pages;

static int isBusy(void) {
  pthread_mutex_lock(&lock);
  int answer = busy;
  pthread_mutex_unlock(&lock);
  return answer;
}

static void mark(int value) {
  pthread_mutex_lock(&lock);
  busy = value;
  pthread_mutex_unlock(&lock);
}

static void *print(void *arg) {
  while (isBusy()) {
  }
  mark(1);
  pages++;  // expect: data-race
  mark(0);
  return arg;
}

int main(void) {
  pthread_t first, second;
  pthread_create(&first, 0, print, 0);
  pthread_create(&second, 0, print, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return pages != 2;
}
