// gridlock: mode=static
//
// A slip of the index: the neighbour's lock is taken, this one's total is changed.
#include <pthread.h>
#include <stdlib.h>

struct account {
  pthread_mutex_t lock;
  long total;
};

static struct account accounts[4];

static void deposit(int i, long amount) {
  pthread_mutex_lock(&accounts[i].lock);
  accounts[i].total += amount;  // also: data-race
  pthread_mutex_unlock(&accounts[i].lock);
}

static void pay_interest(int i) {
  pthread_mutex_lock(&accounts[i].lock);
  accounts[i + 1].total += 1;  // expect: data-race
  pthread_mutex_unlock(&accounts[i].lock);
}

static void *teller(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) deposit(2, 1);
  return 0;
}

static void *clerk(void *argument) {
  (void)argument;
  for (int i = 0; i < 1000; ++i) pay_interest(1);
  return 0;
}

int main(void) {
  for (int i = 0; i < 4; ++i) pthread_mutex_init(&accounts[i].lock, 0);
  pthread_t first;
  pthread_t second;
  pthread_create(&first, 0, teller, 0);
  pthread_create(&second, 0, clerk, 0);
  pthread_join(first, 0);
  pthread_join(second, 0);
  return 0;
}
