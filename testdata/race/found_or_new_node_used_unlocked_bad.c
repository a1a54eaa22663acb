// gridlock: mode=static
// What is found on the list, or put on it, is everybody's.
#include <pthread.h>
#include <stdlib.h>

struct page {
  int key;
  long hits;
  struct page *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct page *pages;

static struct page *page_for(int key) {
  struct page *p;
  pthread_mutex_lock(&lock);
  for (p = pages; p; p = p->next)
    if (p->key == key) goto found;
  p = calloc(1, sizeof *p);
  p->key = key;
  p->next = pages;
  pages = p;
found:
  pthread_mutex_unlock(&lock);
  return p;
}

static void *browse(void *arg) {
  for (int i = 0; i < 40; i++) page_for(i % 3)->hits++;  // expect: data-race
  return arg;
}

int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, browse, 0);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  return 0;
}
