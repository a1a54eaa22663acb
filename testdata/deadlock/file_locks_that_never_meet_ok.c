// gridlock: mode=runtime
// expect-none: lock-order-cycle, deadlock
//
// Locks of files in both orders that cannot hang: tried without waiting; given up by closing the file,
// however it is closed; through one descriptor that all threads share; and record locks, which a process
// never waits for when it holds them itself.
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static char path[] = "/tmp/spool-XXXXXX";
static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static int shared_file;

static void lock_record(int file, short type) {
  struct flock record = {.l_type = type, .l_whence = SEEK_SET};
  fcntl(file, F_SETLKW, &record);
}

static void* takes_the_file_first(void* argument) {
  (void)argument;
  FILE* stream = fopen(path, "r+");
  flock(fileno(stream), LOCK_EX);
  fclose(stream);  // gives the lock up
  pthread_mutex_lock(&queue);
  pthread_mutex_unlock(&queue);
  const int file = open(path, O_RDWR);
  if (flock(file, LOCK_EX | LOCK_NB) == 0) flock(file, LOCK_UN);
  lock_record(file, F_WRLCK);
  pthread_mutex_lock(&queue);
  pthread_mutex_unlock(&queue);
  close(file);
  flock(shared_file, LOCK_EX);
  pthread_mutex_lock(&queue);
  pthread_mutex_unlock(&queue);
  flock(shared_file, LOCK_UN);
  return 0;
}

static void* takes_the_mutex_first(void* argument) {
  (void)argument;
  const int file = open(path, O_RDWR);
  pthread_mutex_lock(&queue);
  if (flock(file, LOCK_EX | LOCK_NB) == 0) flock(file, LOCK_UN);
  lock_record(file, F_WRLCK);
  lock_record(file, F_UNLCK);
  flock(shared_file, LOCK_EX);
  flock(shared_file, LOCK_UN);
  pthread_mutex_unlock(&queue);
  close(file);
  return 0;
}

int main(void) {
  pthread_t threads[2];
  shared_file = mkstemp(path);
  pthread_create(&threads[0], 0, takes_the_file_first, 0);
  pthread_create(&threads[1], 0, takes_the_mutex_first, 0);
  pthread_join(threads[0], 0);
  pthread_join(threads[1], 0);
  close(shared_file);
  unlink(path);
  return 0;
}
