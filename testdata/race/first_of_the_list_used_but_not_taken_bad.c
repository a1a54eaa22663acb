// gridlock: mode=static
// The twin of work_list_of_several_consumers_ok.c: what is read from the list stays in it.
#include <pthread.h>
#include <stdlib.h>

struct work {
  char line[64];
  struct work *next;
};

static struct {
  pthread_mutex_t lock;
  struct work *head;
} pool = {PTHREAD_MUTEX_INITIALIZER, NULL};

static void *consume(void *arg) {
  for (int i = 0; i < 3; i++) {
    pthread_mutex_lock(&pool.lock);
    struct work *work = pool.head;
    pthread_mutex_unlock(&pool.lock);
    if (work) work->line[0]++;  // expect: data-race
  }
  return arg;
}

int main(void) {
  pthread_t threads[2];
  struct work *work = malloc(sizeof *work);
  work->next = pool.head;
  work->line[0] = 0;
  pool.head = work;
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, consume, NULL);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  return 0;
}
