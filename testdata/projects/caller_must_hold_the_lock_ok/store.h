#ifndef STORE_H
#define STORE_H
#include <pthread.h>

struct store {
  pthread_mutex_t lock;
  int used;
  int rows[64];
};

void store_put(struct store *store, int row);
int store_used(struct store *store);
// The caller holds store->lock.
void store_put_locked(struct store *store, int row);
#endif
