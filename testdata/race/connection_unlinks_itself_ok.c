// gridlock: mode=static  expect-none: data-race
//
// One thread for each connection, which takes itself off the list and goes.
#include <pthread.h>
#include <stdlib.h>

struct client {
  int served;
  struct client* next;
};

static struct client* clients;
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;

static void leave(struct client* c) {
  pthread_mutex_lock(&mu);
  for (struct client** at = &clients; *at; at = &(*at)->next) {
    if (*at == c) {
      *at = c->next;
      break;
    }
  }
  pthread_mutex_unlock(&mu);
  free(c);
}

static void* serve(void* p) {
  struct client* c = p;
  c->served++;
  leave(c);
  return NULL;
}

static void add(void) {
  struct client* c = calloc(1, sizeof *c);
  pthread_mutex_lock(&mu);
  c->next = clients;
  clients = c;
  pthread_mutex_unlock(&mu);
  pthread_t t;
  pthread_create(&t, NULL, serve, c);
  pthread_detach(t);
}

static int count(void) {
  int n = 0;
  pthread_mutex_lock(&mu);
  for (struct client* c = clients; c; c = c->next) n++;
  pthread_mutex_unlock(&mu);
  return n;
}

int main(void) {
  for (int i = 0; i < 3; i++) add();
  return count() > 3;
}
