// gridlock: mode=static,runtime  expect-none: lock-order-cycle  also: lock-order-cycle severity=note
//
// Two tables are only ever read together, in either order; nobody writes while the readers live. Readers
// do not wait for readers.
#include <pthread.h>

static pthread_rwlock_t users = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t groups = PTHREAD_RWLOCK_INITIALIZER;
static int user_count = 3;
static int group_count = 2;

static void *usersFirst(void *result) {
  pthread_rwlock_rdlock(&users);
  pthread_rwlock_rdlock(&groups);
  *(int *)result = user_count + group_count;
  pthread_rwlock_unlock(&groups);
  pthread_rwlock_unlock(&users);
  return nullptr;
}

static void *groupsFirst(void *result) {
  pthread_rwlock_rdlock(&groups);
  pthread_rwlock_rdlock(&users);
  *(int *)result = user_count + group_count;
  pthread_rwlock_unlock(&users);
  pthread_rwlock_unlock(&groups);
  return nullptr;
}

int main() {
  int first_result = 0;
  int second_result = 0;
  pthread_t first;
  pthread_t second;
  pthread_create(&first, nullptr, usersFirst, &first_result);
  pthread_create(&second, nullptr, groupsFirst, &second_result);
  pthread_join(first, nullptr);
  pthread_join(second, nullptr);
  return first_result == second_result ? 0 : 1;
}
