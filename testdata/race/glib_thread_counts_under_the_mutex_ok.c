// gridlock: mode=static validate=none
//
// The twin of glib_thread_counts_without_the_mutex_bad: both under the mutex, and after the join without it.
#include <stdio.h>

typedef struct _GThread GThread;
typedef struct {
  long word[2];
} GMutex;
extern GThread* g_thread_new(const char* name, void* (*run)(void*), void* data);
extern void* g_thread_join(GThread* thread);
extern void g_mutex_lock(GMutex* mutex);
extern void g_mutex_unlock(GMutex* mutex);

static GMutex mutex;
static long counted;

static void* count(void* data) {
  g_mutex_lock(&mutex);
  counted += 1;  // expect-none: data-race
  g_mutex_unlock(&mutex);
  return data;
}

int main(void) {
  GThread* thread = g_thread_new("counter", count, NULL);
  g_mutex_lock(&mutex);
  counted += 1;
  g_mutex_unlock(&mutex);
  g_thread_join(thread);
  printf("%ld\n", counted);
  return 0;
}
