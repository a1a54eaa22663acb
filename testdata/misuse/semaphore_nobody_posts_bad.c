// gridlock: mode=static
// The twin of semaphore_posted_by_a_helper_ok.c: the helper returns without posting.
#include <pthread.h>
#include <semaphore.h>

static sem_t done;
static int result;

static void *work(void *arg) {
  result = 1;
  return arg;
}

int main(void) {
  pthread_t thread;
  sem_init(&done, 0, 0);
  pthread_create(&thread, 0, work, 0);
  sem_wait(&done);  // expect: lost-wakeup
  pthread_join(thread, 0);
  return result;
}
