// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// close() of a session calls into the rooms after its lock was given back.
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

class Rooms;

class Sessions {
 public:
  void open(int id) {
    std::lock_guard guard(mutex_);
    open_.insert(id);
  }
  void close(int id, Rooms &rooms);
  void drop(int id) {
    std::lock_guard guard(mutex_);
    open_.erase(id);
  }

 private:
  std::mutex mutex_;
  std::set<int> open_;
};

class Rooms {
 public:
  void join(int id, const std::string &room) {
    std::lock_guard guard(mutex_);
    members_[room].insert(id);
  }
  void leave(int id) {
    std::lock_guard guard(mutex_);
    for (auto &[name, members] : members_) members.erase(id);
  }
  void kickAll(const std::string &room, Sessions &sessions) {
    std::lock_guard guard(mutex_);
    for (int id : members_[room]) sessions.drop(id);
    members_.erase(room);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::set<int>> members_;
};

void Sessions::close(int id, Rooms &rooms) {
  std::unique_lock lock(mutex_);
  open_.erase(id);
  lock.unlock();
  rooms.leave(id);
}

int main() {
  Sessions sessions;
  Rooms rooms;
  for (int i = 0; i < 10; ++i) {
    sessions.open(i);
    rooms.join(i, i % 2 ? "tea" : "coffee");
  }
  std::thread client([&] {
    for (int i = 0; i < 10; i += 2) sessions.close(i, rooms);
  });
  std::thread admin([&] { rooms.kickAll("tea", sessions); });
  client.join();
  admin.join();
}
