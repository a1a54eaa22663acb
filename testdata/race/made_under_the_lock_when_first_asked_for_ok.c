// gridlock: mode=static  expect-none: data-race
//
// Whoever comes first makes the table, under the lock; nobody changes it afterwards.
#include <pthread.h>
#include <stdlib.h>

struct table {
  int count;
  int first[4];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct table *table;

static const struct table *find_table(void) {
  pthread_mutex_lock(&lock);
  if (!table) {
    table = malloc(sizeof *table);
    table->count = 0;
    table->first[table->count++] = 2;
    table->first[table->count++] = 3;
  }
  const struct table *found = table;
  pthread_mutex_unlock(&lock);
  return found;
}

static void *look(void *argument) {
  const struct table *found = find_table();
  long sum = 0;
  for (int i = 0; i < found->count; ++i) sum += found->first[i];
  return sum == 5 ? argument : 0;
}

int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], 0, look, 0);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], 0);
  free(table);
  return 0;
}
