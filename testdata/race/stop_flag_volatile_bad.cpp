// gridlock: mode=static
//
// volatile keeps the compiler from caching the flag; it is no synchronisation.
#include <thread>

static volatile bool stopping = false;
static long beats;

static void beat() {
  while (!stopping) ++beats;  // expect: data-race
}

int main() {
  std::thread heart(beat);
  stopping = true;  // also: data-race
  heart.join();
  return 0;
}
