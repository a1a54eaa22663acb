// gridlock: mode=static
//
// One thread runs a function object, the other a std::bind with std::ref: both end in the same counter.
#include <functional>
#include <thread>

struct Meter {
  long units = 0;
};

struct Reader {
  Meter *meter;
  void operator()() {
    for (int i = 0; i < 1000; ++i) meter->units += 2;  // expect: data-race
  }
};

static void correct(Meter &meter, int by) {
  for (int i = 0; i < 1000; ++i) meter.units -= by;  // expect: data-race
}

int main() {
  Meter meter;
  std::thread reader(Reader{&meter});
  std::thread corrector(std::bind(correct, std::ref(meter), 1));
  reader.join();
  corrector.join();
  return 0;
}
