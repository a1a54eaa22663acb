// gridlock: mode=static validate=none
//
// The settings live in a library that is not here; each call gives the same ones, and nobody locks.
#include <pthread.h>

struct settings {
  int level;
};

struct settings* current_settings(void);
struct settings* settings_create(void);

static void* raise_level(void* arg) {
  struct settings* own = settings_create();
  own->level = 1;               // expect-none: data-race
  current_settings()->level++;  // expect: data-race
  return arg;
}

int main(void) {
  pthread_t t;
  struct settings* own = settings_create();
  pthread_create(&t, NULL, raise_level, NULL);
  own->level = 2;               // expect-none: data-race
  current_settings()->level--;  // expect: data-race
  pthread_join(t, NULL);
  return 0;
}
