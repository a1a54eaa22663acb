#include "store.h"

void store_put_locked(struct store *store, int row) {
  if (store->used < 64) store->rows[store->used++] = row;  // expect: data-race
}
