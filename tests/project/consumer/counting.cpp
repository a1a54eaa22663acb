// Two threads that call into a static library of another target.
#include <thread>

int bump();

int main() {
  std::thread one([] { bump(); });
  std::thread two([] { bump(); });
  one.join();
  two.join();
}
