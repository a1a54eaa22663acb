// gridlock: mode=static
//
// find() hands out a reference into the guarded map; the caller changes it when the guard is gone.
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
  Session &find(int id) {
    std::lock_guard guard(mutex_);
    return sessions_[id];
  }

 private:
  std::mutex mutex_;
  std::map<int, Session> sessions_;
};

static void serve(SessionTable &table) {
  for (int i = 0; i < 500; ++i) {
    Session &session = table.find(i % 3);
    session.requests += 1;  // expect: data-race
  }
}

int main() {
  SessionTable table;
  std::thread a(serve, std::ref(table));
  std::thread b(serve, std::ref(table));
  a.join();
  b.join();
}
