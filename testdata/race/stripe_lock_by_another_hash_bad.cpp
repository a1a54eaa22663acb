// gridlock: mode=static
//
// Eight maps but four mutexes, chosen by another remainder in one of the methods: key 5 is changed under
// mutex 1 by one and under mutex 0 by the other.
#include <array>
#include <map>
#include <mutex>
#include <thread>

class StripedCounts {
 public:
  void add(std::size_t key) {
    std::lock_guard<std::mutex> guard(mutexes_[key % 4]);
    ++counts_[key % 8][key];  // expect: data-race
  }
  void forget(std::size_t key) {
    std::lock_guard<std::mutex> guard(mutexes_[key % 5]);
    counts_[key % 8].erase(key);  // expect: data-race
  }

 private:
  std::array<std::mutex, 5> mutexes_;
  std::array<std::map<std::size_t, int>, 8> counts_;
};

int main() {
  StripedCounts counts;
  std::thread adder([&] {
    for (int i = 0; i < 500; ++i) counts.add(5);
  });
  std::thread cleaner([&] {
    for (int i = 0; i < 500; ++i) counts.forget(5);
  });
  adder.join();
  cleaner.join();
  return 0;
}
