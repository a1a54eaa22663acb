// gridlock: mode=static  expect-none: data-race
//
// find() hands out a copy; changes go through a method that locks.
#include <map>
#include <mutex>
#include <string>
#include <thread>

struct Session {
  std::string user;
  int requests = 0;
};

class SessionTable {
 public:
  Session find(int id) {
    std::lock_guard guard(mutex_);
    return sessions_[id];
  }
  void count(int id) {
    std::lock_guard guard(mutex_);
    ++sessions_[id].requests;
  }

 private:
  std::mutex mutex_;
  std::map<int, Session> sessions_;
};

static void serve(SessionTable &table) {
  for (int i = 0; i < 500; ++i) {
    Session session = table.find(i % 3);
    session.requests += 1;
    table.count(i % 3);
  }
}

int main() {
  SessionTable table;
  std::thread a(serve, std::ref(table));
  std::thread b(serve, std::ref(table));
  a.join();
  b.join();
}
