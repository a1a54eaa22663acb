// gridlock: mode=static
//
// What a consumer takes off the list is its own: it is freed without the lock. The list may be empty, and the
// producer appends to the last item.
#include <pthread.h>
#include <stdlib.h>

struct item {
  struct item* next;
  int value;
};

static struct {
  pthread_mutex_t lock;
  pthread_cond_t filled;
  struct item *first, *last;
  int closed;
} list = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};

static void append(int value) {
  struct item* new_item = malloc(sizeof *new_item);
  new_item->value = value;
  new_item->next = NULL;
  pthread_mutex_lock(&list.lock);
  if (list.last)
    list.last->next = new_item;  // expect-none: data-race
  else
    list.first = new_item;
  list.last = new_item;
  pthread_cond_signal(&list.filled);
  pthread_mutex_unlock(&list.lock);
}

static int take(int* value) {
  pthread_mutex_lock(&list.lock);
  while (!list.first && !list.closed) pthread_cond_wait(&list.filled, &list.lock);
  struct item* taken = list.first;
  if (taken) {
    list.first = taken->next;  // expect-none: data-race
    if (!list.first) list.last = NULL;
  }
  pthread_mutex_unlock(&list.lock);
  if (!taken) return 0;
  *value = taken->value;  // expect-none: data-race
  free(taken);            // expect-none: data-race
  return 1;
}

static void* consume(void* arg) {
  int value;
  while (take(&value)) *(long*)arg += value;
  return NULL;
}

int main(void) {
  pthread_t threads[2];
  long sums[2] = {0, 0};
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, consume, &sums[i]);
  for (int i = 0; i < 100; ++i) append(i);
  pthread_mutex_lock(&list.lock);
  list.closed = 1;
  pthread_cond_broadcast(&list.filled);
  pthread_mutex_unlock(&list.lock);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  return sums[0] + sums[1] != 4950;
}
