// gridlock: mode=static  expect-none: data-race
//
// A helper returns a reference into the map; everybody who uses it holds the lock.
#include <map>
#include <mutex>
#include <string>
#include <thread>
struct Player {
  int score = 0;
  std::string name;
};
class Game {
 public:
  void join(int id, std::string n) {
    std::lock_guard<std::mutex> g(m_);
    players_[id].name = std::move(n);
  }
  void award(int id, int n) {
    std::lock_guard<std::mutex> g(m_);
    at(id).score += n;
  }
  Player copy(int id) {
    std::lock_guard<std::mutex> g(m_);
    return at(id);
  }

 private:
  Player& at(int id) { return players_[id]; }
  std::mutex m_;
  std::map<int, Player> players_;
};
int main() {
  Game g;
  g.join(1, "ann");
  std::thread t([&] { g.award(1, 5); });
  std::thread u([&] { g.award(1, 7); });
  int s = g.copy(1).score;
  t.join();
  u.join();
  return s > g.copy(1).score;
}
