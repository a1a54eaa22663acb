// gridlock: mode=static,runtime
//
// The document hands out its lock as a guard, through a function; the view's own lock is taken under it, and
// the other way round when the view repaints.
#include <mutex>
#include <string>
#include <thread>

#include "support/invisible_barrier.h"

class Document {
 public:
  std::unique_lock<std::mutex> edit() { return std::unique_lock<std::mutex>(mutex_); }  // expect: lock-order-cycle
  std::string &text() { return text_; }

 private:
  std::mutex mutex_;
  std::string text_;
};

class View {
 public:
  void invalidate() {
    std::lock_guard<std::mutex> guard(mutex_);  // expect: lock-order-cycle
    dirty_ = true;
  }
  void repaint(Document &document) {
    std::lock_guard<std::mutex> guard(mutex_);  // also: lock-order-cycle
    auto lock = document.edit();                // also: lock-order-cycle
    shown_ = document.text();
    dirty_ = false;
  }

 private:
  std::mutex mutex_;
  bool dirty_ = false;
  std::string shown_;
};

int main() {
  Document document;
  View view;
  invisible_step step = INVISIBLE_STEP_INIT;
  std::thread typist([&] {
    {
      auto lock = document.edit();  // also: lock-order-cycle
      document.text() += "a";
      view.invalidate();  // also: lock-order-cycle
    }
    invisible_step_advance(&step);
    invisible_step_await(&step, 2);
  });
  std::thread painter([&] {
    invisible_step_await(&step, 1);
    view.repaint(document);
    invisible_step_advance(&step);
  });
  typist.join();
  painter.join();
  return 0;
}
