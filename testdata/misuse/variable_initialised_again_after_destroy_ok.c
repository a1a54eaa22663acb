// gridlock: mode=runtime  expect-none: use-of-invalid-lock  also: use-of-invalid-lock severity=note
//
// Each round initialises its locks and destroys them: variables, one on the stack of a function called again
// and again without a destroy, and one in memory that was freed without one.
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t mutex;
static pthread_rwlock_t book;
static pthread_mutex_t kept;
static int uses;

static void on_the_stack(void) {
  pthread_mutex_t mine;
  pthread_mutex_init(&mine, 0);
  pthread_mutex_lock(&mine);
  ++uses;
  pthread_mutex_unlock(&mine);
}

static void on_the_heap(void) {
  pthread_mutex_t* mine = malloc(sizeof *mine);
  pthread_mutex_init(mine, 0);
  pthread_mutex_lock(mine);
  ++uses;
  pthread_mutex_unlock(mine);
  free(mine);
}

int main(void) {
  for (int i = 0; i < 3; ++i) {
    pthread_mutex_init(&mutex, 0);
    pthread_rwlock_init(&book, 0);
    pthread_mutex_lock(&mutex);
    pthread_rwlock_rdlock(&book);
    ++uses;
    pthread_rwlock_unlock(&book);
    pthread_mutex_unlock(&mutex);
    pthread_mutex_destroy(&mutex);
    pthread_rwlock_destroy(&book);
    pthread_mutex_init(&kept, 0);
    on_the_stack();
    on_the_heap();
  }
  return uses - 9;
}
