// gridlock: mode=static
// The lock of one shard guards what is the shard's: the total is all shards'.
#include <pthread.h>

struct shard {
  pthread_mutex_t lock;
  int used;
};

static struct table {
  struct shard shards[4];
  int total;
} table;

static void add(struct table *t, unsigned key) {
  struct shard *shard = &t->shards[key % 4];
  pthread_mutex_lock(&shard->lock);
  shard->used++;
  t->total++;  // expect: data-race
  pthread_mutex_unlock(&shard->lock);
}

static void *fill(void *arg) {
  for (unsigned i = 0; i < 20; i++) add(&table, i);
  return arg;
}

int main(void) {
  pthread_t a, b;
  for (int i = 0; i < 4; i++) pthread_mutex_init(&table.shards[i].lock, 0);
  pthread_create(&a, 0, fill, 0);
  pthread_create(&b, 0, fill, 0);
  pthread_join(a, 0);
  pthread_join(b, 0);
  return table.total != 40;
}
