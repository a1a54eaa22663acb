// gridlock: mode=static  expect-none: data-race
//
// A doubly linked list with a head in it: the helper unlinks, its caller has the lock.
#include <pthread.h>
#include <stdlib.h>
struct node {
  struct node *prev, *next;
  int key;
  int val;
};
struct list {
  struct node head;
  pthread_mutex_t mu;
};
static struct list l;
static void link_before(struct node* pos, struct node* n) {
  n->prev = pos->prev;
  n->next = pos;
  pos->prev->next = n;
  pos->prev = n;
}
static void unlink_node(struct node* n) {
  n->prev->next = n->next;
  n->next->prev = n->prev;
}
static void* producer(void* a) {
  for (int i = 0; i < 30; i++) {
    struct node* n = malloc(sizeof *n);
    n->key = i;
    n->val = 0;
    pthread_mutex_lock(&l.mu);
    link_before(&l.head, n);
    pthread_mutex_unlock(&l.mu);
  }
  return a;
}
static void* consumer(void* a) {
  for (int i = 0; i < 30; i++) {
    pthread_mutex_lock(&l.mu);
    struct node* n = l.head.next;
    if (n != &l.head)
      unlink_node(n);
    else
      n = NULL;
    pthread_mutex_unlock(&l.mu);
    if (!n) continue;
    n->val = n->key * 2;
    free(n);
  }
  return a;
}
int main(void) {
  pthread_t p[2], c[2];
  l.head.prev = l.head.next = &l.head;
  pthread_mutex_init(&l.mu, 0);
  for (int i = 0; i < 2; i++) {
    pthread_create(&p[i], 0, producer, 0);
    pthread_create(&c[i], 0, consumer, 0);
  }
  for (int i = 0; i < 2; i++) {
    pthread_join(p[i], 0);
    pthread_join(c[i], 0);
  }
  return 0;
}
