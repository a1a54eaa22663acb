// gridlock: mode=static
//
// The helper says which job is first, and leaves it in the queue: all workers get the same one.
#include <pthread.h>
#include <stdlib.h>
struct job {
  int n;
  struct job* next;
};
struct queue {
  pthread_mutex_t mu;
  pthread_cond_t cv;
  struct job *head, *tail;
  int stop;
};
static void push_locked(struct queue* q, struct job* j) {
  j->next = NULL;
  if (q->tail)
    q->tail->next = j;
  else
    q->head = j;
  q->tail = j;
}
static struct job* first_locked(struct queue* q) { return q->head; }
static struct queue q = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
static long total;
static void* worker(void* a) {
  for (;;) {
    pthread_mutex_lock(&q.mu);
    while (!q.head && !q.stop) pthread_cond_wait(&q.cv, &q.mu);
    struct job* j = first_locked(&q);
    pthread_mutex_unlock(&q.mu);
    if (!j) return a;
    j->n *= 2;  // expect: data-race
    pthread_mutex_lock(&q.mu);
    total += j->n;
    pthread_mutex_unlock(&q.mu);
  }
}
int main(void) {
  pthread_t t[3];
  for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, worker, 0);
  for (int i = 0; i < 30; i++) {
    struct job* j = malloc(sizeof *j);
    j->n = i;
    pthread_mutex_lock(&q.mu);
    push_locked(&q, j);
    pthread_cond_signal(&q.cv);
    pthread_mutex_unlock(&q.mu);
  }
  pthread_mutex_lock(&q.mu);
  q.stop = 1;
  pthread_cond_broadcast(&q.cv);
  pthread_mutex_unlock(&q.mu);
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  return (int)total;
}
