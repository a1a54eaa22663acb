// gridlock: mode=static validate=none  expect-none: data-race, inconsistent-guard
//
// A request belongs to its caller. That one function happens to hold the registry's lock while it reads a
// request says nothing of who guards requests.
#include <pthread.h>

struct request {
  int priority;
  struct request* next;
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct request* registry;
static int urgent;

void request_set(struct request* r, int priority) { r->priority = priority; }

void request_bump(struct request* r) { r->priority += 1; }

void request_submit(struct request* r) {
  pthread_mutex_lock(&registry_lock);
  r->next = registry;
  registry = r;
  if (r->priority > 9) ++urgent;
  pthread_mutex_unlock(&registry_lock);
}
