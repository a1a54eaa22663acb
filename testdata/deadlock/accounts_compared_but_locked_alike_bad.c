// gridlock: mode=static
//
// The ids are compared, but both branches lock the account that pays first: the comparison orders nothing.
#include <pthread.h>

struct account {
  pthread_mutex_t lock;
  int id;
  long balance;
};

static struct account savings = {PTHREAD_MUTEX_INITIALIZER, 1, 100};
static struct account checking = {PTHREAD_MUTEX_INITIALIZER, 2, 100};

static void transfer(struct account* from, struct account* to, long amount) {
  if (from->id < to->id) {
    pthread_mutex_lock(&from->lock);
    pthread_mutex_lock(&to->lock);  // expect: lock-order-cycle
  } else {
    pthread_mutex_lock(&from->lock);
    pthread_mutex_lock(&to->lock);  // expect: lock-order-cycle
  }
  from->balance -= amount;
  to->balance += amount;
  pthread_mutex_unlock(&to->lock);
  pthread_mutex_unlock(&from->lock);
}

static void* save(void* arg) {
  transfer(&checking, &savings, 10);
  return arg;
}

static void* spend(void* arg) {
  transfer(&savings, &checking, 20);
  return arg;
}

int main(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, save, NULL);
  pthread_create(&b, NULL, spend, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  return 0;
}
