// gridlock: mode=static  expect-none: lock-order-cycle, self-deadlock
//
// The last reference is moved out, and dropped after the table's lock was given back.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

class Table;

class Handle {
 public:
  Handle(Table &table, std::string name) : table_(table), name_(std::move(name)) {}
  ~Handle();

 private:
  Table &table_;
  std::string name_;
};

class Table {
 public:
  void open(const std::string &name) {
    std::lock_guard guard(mutex_);
    handles_[name] = std::make_unique<Handle>(*this, name);
    ++open_;
  }
  void close(const std::string &name) {
    std::unique_ptr<Handle> last;
    {
      std::lock_guard guard(mutex_);
      last = std::move(handles_[name]);
      handles_.erase(name);
    }
  }
  void closed(const std::string &) {
    std::lock_guard guard(mutex_);
    --open_;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Handle>> handles_;
  int open_ = 0;
};

Handle::~Handle() { table_.closed(name_); }

int main() {
  Table table;
  table.open("a");
  table.close("a");
}
