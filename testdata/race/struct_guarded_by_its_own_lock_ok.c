// gridlock: mode=static,runtime  expect-none: data-race
//
// p->lock guards p->total for the same p, whichever table p came from.
#include <pthread.h>
#include <stdlib.h>

struct account {
  pthread_mutex_t lock;
  long total;
};

static struct account *accounts[4];

static void deposit(struct account *p, long amount) {
  pthread_mutex_lock(&p->lock);
  p->total += amount;
  pthread_mutex_unlock(&p->lock);
}

static void *teller(void *argument) {
  (void)argument;
  for (int i = 0; i < 400; ++i) deposit(accounts[i % 4], 1);
  return 0;
}

int main(void) {
  for (int i = 0; i < 4; ++i) {
    accounts[i] = calloc(1, sizeof *accounts[i]);
    pthread_mutex_init(&accounts[i]->lock, 0);
  }
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, teller, 0);
  pthread_create(&second, 0, teller, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  long sum = 0;
  for (int i = 0; i < 4; ++i) {
    sum += accounts[i]->total;
    pthread_mutex_destroy(&accounts[i]->lock);
    free(accounts[i]);
  }
  return sum == 800 ? 0 : 1;
}
