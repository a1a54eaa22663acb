// gridlock: mode=static
//
// Transfers take the lower account first, closing takes them as they come.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
struct acct {
  pthread_mutex_t mu;
  long balance;
  int open;
};
static struct acct* accts[4];
static void move(struct acct* a, struct acct* b, long n) {
  struct acct *first = a < b ? a : b, *second = a < b ? b : a;
  pthread_mutex_lock(&first->mu);   // expect: lock-order-cycle
  pthread_mutex_lock(&second->mu);  // also: lock-order-cycle
  a->balance -= n;
  b->balance += n;
  pthread_mutex_unlock(&second->mu);
  pthread_mutex_unlock(&first->mu);
}
static void close_into(struct acct* a, struct acct* heir) {
  pthread_mutex_lock(&a->mu);  // also: lock-order-cycle
  if (a->open && a != heir) {
    pthread_mutex_lock(&heir->mu);  // also: lock-order-cycle
    heir->balance += a->balance;
    a->balance = 0;
    a->open = 0;
    pthread_mutex_unlock(&heir->mu);
  }
  pthread_mutex_unlock(&a->mu);
}
static void* mover(void* x) {
  for (int i = 0; i < 40; i++)
    if (i % 4 != (i + 1) % 4) move(accts[i % 4], accts[(i + 1) % 4], 1);
  return x;
}
static void* closer(void* x) {
  close_into(accts[3], accts[0]);
  close_into(accts[2], accts[1]);
  close_into(accts[0], accts[3]);
  return x;
}
int main(void) {
  pthread_t a, b;
  for (int i = 0; i < 4; i++) {
    accts[i] = calloc(1, sizeof *accts[i]);
    pthread_mutex_init(&accts[i]->mu, NULL);
    accts[i]->open = 1;
  }
  pthread_create(&a, NULL, mover, NULL);
  pthread_create(&b, NULL, closer, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  printf("%ld\n", accts[1]->balance);
  return 0;
}
