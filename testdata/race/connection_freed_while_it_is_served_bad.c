// gridlock: mode=static
//
// The connection is freed while its thread still counts on it: one defect, in each of its fields.
#include <pthread.h>
#include <stdlib.h>

struct connection {
  long requests;
  long bytes;
  int state;
};

static struct connection *connection;

static void *serve(void *unused) {
  (void)unused;
  connection->requests++;     // expect: data-race
  connection->bytes += 100;   // expect: data-race
  connection->state = 1;      // expect: data-race
  return NULL;
}

int main(void) {
  connection = calloc(1, sizeof *connection);
  pthread_t thread;
  if (pthread_create(&thread, NULL, serve, NULL) != 0) return 1;
  free(connection);  // expect: data-race
  pthread_join(thread, NULL);
  return 0;
}
