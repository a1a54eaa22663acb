// gridlock: mode=static
//
// swap() locks this, then the other one; two threads swap in both directions.
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
    std::lock_guard mine(mutex_);
    std::lock_guard theirs(other.mutex_);  // expect: lock-order-cycle
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
