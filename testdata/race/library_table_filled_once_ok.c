// gridlock: mode=static validate=none  expect-none: data-race, inconsistent-guard
//
// A library without `main`: a table is filled inside `pthread_once`, through a wrapper of its own, and
// read-only after that; what changes later has a lock, and is set up before anybody else can call.
#include <pthread.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char classes[256];
static char title[64];
static unsigned long lookups;

static void run_once(pthread_once_t* flag, void (*body)(void)) { pthread_once(flag, body); }

static void fill_classes(void) {
  for (int i = '0'; i <= '9'; ++i) classes[i] = 1;
  for (int i = 'a'; i <= 'z'; ++i) classes[i] = 2;
}

void text_setup(const char* name) {
  strncpy(title, name, sizeof title - 1);
  lookups = 0;
}

int text_class(int c) {
  run_once(&once, fill_classes);
  pthread_mutex_lock(&lock);
  ++lookups;
  pthread_mutex_unlock(&lock);
  return classes[c & 255];
}

unsigned long text_lookups(char* out, unsigned long size) {
  pthread_mutex_lock(&lock);
  unsigned long n = lookups;
  strncpy(out, title, size);
  pthread_mutex_unlock(&lock);
  return n;
}

void text_rename(const char* name) {
  pthread_mutex_lock(&lock);
  strncpy(title, name, sizeof title - 1);
  pthread_mutex_unlock(&lock);
}
