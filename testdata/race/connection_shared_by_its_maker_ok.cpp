// gridlock: mode=static  expect-none: data-race
//
// Each thread makes a connection, and broadcasts to those of all; a connection guards itself.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
struct Conn {
  explicit Conn(int fd) : fd(fd) {}
  void send(const std::string& s) {
    std::lock_guard<std::mutex> g(m);
    out += s;
    bytes += s.size();
  }
  const int fd;
  std::mutex m;
  std::string out;
  size_t bytes = 0;
};
class Manager {
 public:
  std::shared_ptr<Conn> open(int fd) {
    auto c = std::make_shared<Conn>(fd);
    std::lock_guard<std::mutex> g(m_);
    conns_.emplace(fd, c);
    return c;
  }
  void close(int fd) {
    std::shared_ptr<Conn> last;
    {
      std::lock_guard<std::mutex> g(m_);
      auto it = conns_.find(fd);
      if (it == conns_.end()) return;
      last = std::move(it->second);
      conns_.erase(it);
    }
    last->send("bye");
  }
  void broadcast(const std::string& s) {
    std::vector<std::shared_ptr<Conn>> all;
    {
      std::lock_guard<std::mutex> g(m_);
      for (auto& [fd, c] : conns_) all.push_back(c);
    }
    for (auto& c : all) c->send(s);
  }
  size_t count() const {
    std::lock_guard<std::mutex> g(m_);
    return conns_.size();
  }

 private:
  mutable std::mutex m_;
  std::map<int, std::shared_ptr<Conn>> conns_;
};
int main() {
  Manager m;
  std::vector<std::thread> ts;
  for (int i = 0; i < 4; i++)
    ts.emplace_back([&m, i] {
      auto c = m.open(i);
      c->send("hello");
      m.broadcast("news");
      m.close(i);
    });
  for (auto& t : ts) t.join();
  return (int)m.count();
}
