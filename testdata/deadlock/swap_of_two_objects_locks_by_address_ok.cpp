// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// swap() locks the object with the lower address first.
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

class Playlist {
 public:
  explicit Playlist(int songs) : songs_(songs) {}
  void swap(Playlist &other) {
    if (this == &other) return;
    Playlist *first = this;
    Playlist *second = &other;
    if (std::less<>()(second, first)) std::swap(first, second);
    std::lock_guard lower(first->mutex_);
    std::lock_guard upper(second->mutex_);
    songs_.swap(other.songs_);
  }

 private:
  std::mutex mutex_;
  std::vector<int> songs_;
};

int main() {
  Playlist rock(10), jazz(20);
  std::thread a([&] {
    for (int i = 0; i < 10; ++i) rock.swap(jazz);
  });
  std::thread b([&] {
    for (int i = 0; i < 10; ++i) jazz.swap(rock);
  });
  a.join();
  b.join();
}
