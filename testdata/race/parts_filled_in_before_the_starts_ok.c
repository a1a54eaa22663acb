// gridlock: mode=static  expect-none: data-race
//
// Parts of an array by numbers that one loop fills in and the next hands out, and by the number itself.
#include <pthread.h>

enum { kThreads = 4, kSize = 128 };
struct range {
  int begin, end, id;
};

static double values[kSize + 8], sums[kThreads];

static void* fill(void* p) {
  struct range* r = p;
  for (int i = r->begin; i < r->end; i++) values[i] = i;
  sums[r->id] = 1;
  return NULL;
}

static void* scale(void* p) {
  const long id = (long)p;
  const int begin = (int)id * (kSize / kThreads), end = begin + kSize / kThreads;
  for (int i = begin; i < end; i++) values[i] = 2;
  return NULL;
}

int main(void) {
  pthread_t t[kThreads];
  struct range ranges[kThreads];
  for (int i = 0; i < kThreads; i++) {
    ranges[i].begin = i * (kSize / kThreads);
    ranges[i].end = (i + 1) * (kSize / kThreads);
    ranges[i].id = i;
  }
  for (int i = 0; i < kThreads; i++) pthread_create(&t[i], NULL, fill, &ranges[i]);
  for (int i = 0; i < kThreads; i++) pthread_join(t[i], NULL);
  for (long i = 1; i <= kThreads; i++) pthread_create(&t[i - 1], NULL, scale, (void*)(i - 1));
  for (int i = 0; i < kThreads; i++) pthread_join(t[i], NULL);
  return values[0] > 2;
}
