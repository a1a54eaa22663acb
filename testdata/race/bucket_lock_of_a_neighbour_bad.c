// gridlock: mode=static
//
// A hash table with one lock for each bucket, but the statistics lock the bucket before the one they read.
#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 16

struct entry {
  struct entry* next;
  long hits;
};

static struct entry* buckets[BUCKETS];
static pthread_mutex_t locks[BUCKETS];

static void table_hit(unsigned key) {
  unsigned b = key % BUCKETS;
  pthread_mutex_lock(&locks[b]);
  struct entry* e = calloc(1, sizeof *e);
  e->next = buckets[b];
  buckets[b] = e;  // expect: data-race
  pthread_mutex_unlock(&locks[b]);
}

static long table_size(unsigned key) {
  unsigned b = key % BUCKETS;
  long size = 0;
  struct entry* e;
  pthread_mutex_lock(&locks[b - 1]);
  for (e = buckets[b]; e; e = e->next) ++size;  // expect: data-race
  pthread_mutex_unlock(&locks[b - 1]);
  return size;
}

static void* worker(void* arg) {
  unsigned key = *(unsigned*)arg;
  for (int i = 0; i < 100; ++i) table_hit(key + i);
  return NULL;
}

int main(void) {
  unsigned first = 1;
  pthread_t a;
  long sum = 0;
  for (int i = 0; i < BUCKETS; ++i) pthread_mutex_init(&locks[i], NULL);
  pthread_create(&a, NULL, worker, &first);
  for (unsigned i = 1; i < BUCKETS; ++i) sum += table_size(i);
  pthread_join(a, NULL);
  return sum < 0;
}
