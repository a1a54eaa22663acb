// gridlock: mode=static
//
// Two flags, each with its own writer; but neighbouring bit-fields are one memory location.
#include <pthread.h>

struct state {
  unsigned readable : 1;
  unsigned writable : 1;
};

static struct state state;

static void *on_read(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) state.readable = i & 1;  // expect: data-race
  return 0;
}

static void *on_write(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) state.writable = i & 1;  // expect: data-race
  return 0;
}

int main(void) {
  pthread_t reader;
  pthread_t writer;
  pthread_create(&reader, 0, on_read, 0);
  pthread_create(&writer, 0, on_write, 0);
  pthread_join(reader, 0);
  pthread_join(writer, 0);
  return 0;
}
