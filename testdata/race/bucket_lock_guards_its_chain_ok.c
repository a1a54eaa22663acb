// gridlock: mode=static
//
// A hash table with one lock for each bucket: whoever walks the chain of a bucket holds that bucket's lock,
// also in the functions that are given the chain only.
#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 16

struct entry {
  struct entry* next;
  unsigned key;
  long hits;
};

static struct entry* buckets[BUCKETS];
static pthread_mutex_t locks[BUCKETS];

static struct entry* chain_find(struct entry* head, unsigned key) {
  struct entry* e;
  for (e = head; e; e = e->next) {
    if (e->key == key) return e;
  }
  return NULL;
}

static void chain_touch(struct entry* head) {
  struct entry* e;
  for (e = head; e; e = e->next) e->hits++;  // expect-none: data-race
}

static void table_hit(unsigned key) {
  unsigned b = key % BUCKETS;
  pthread_mutex_lock(&locks[b]);
  struct entry* e = chain_find(buckets[b], key);
  if (!e) {
    e = calloc(1, sizeof *e);
    e->key = key;
    e->next = buckets[b];  // expect-none: data-race
    buckets[b] = e;        // expect-none: data-race
  }
  chain_touch(buckets[b]);
  pthread_mutex_unlock(&locks[b]);
}

static long table_sum(unsigned b) {
  long sum = 0;
  struct entry* e;
  pthread_mutex_lock(&locks[b]);
  for (e = buckets[b]; e; e = e->next) sum += e->hits;  // expect-none: data-race
  pthread_mutex_unlock(&locks[b]);
  return sum;
}

static void* worker(void* arg) {
  unsigned key = *(unsigned*)arg;
  for (int i = 0; i < 100; ++i) table_hit(key + i);
  return NULL;
}

int main(void) {
  unsigned first = 1, second = 40;
  pthread_t a, b;
  long sum = 0;
  for (int i = 0; i < BUCKETS; ++i) pthread_mutex_init(&locks[i], NULL);
  pthread_create(&a, NULL, worker, &first);
  pthread_create(&b, NULL, worker, &second);
  for (unsigned i = 0; i < BUCKETS; ++i) sum += table_sum(i);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  return sum < 0;
}
