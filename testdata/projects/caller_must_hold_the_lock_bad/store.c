#include "store.h"

void store_put(struct store *store, int row) {
  pthread_mutex_lock(&store->lock);
  store_put_locked(store, row);
  pthread_mutex_unlock(&store->lock);
}

int store_used(struct store *store) {
  pthread_mutex_lock(&store->lock);
  int used = store->used;  // also: data-race
  pthread_mutex_unlock(&store->lock);
  return used;
}
