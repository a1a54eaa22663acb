// gridlock: mode=static  expect-none: data-race
//
// The pipeline's threads call filters through an interface; the implementation's counter is atomic.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

class Filter {
 public:
  virtual ~Filter() = default;
  virtual bool accept(const std::string &line) = 0;
};

class LengthFilter : public Filter {
 public:
  bool accept(const std::string &line) override { return line.size() > 2; }
};

class CountingFilter : public Filter {
 public:
  bool accept(const std::string &line) override {
    ++seen_;
    return !line.empty();
  }

 private:
  std::atomic<long> seen_{0};
};

class Pipeline {
 public:
  void add(std::unique_ptr<Filter> filter) { filters_.push_back(std::move(filter)); }
  bool pass(const std::string &line) const {
    for (const auto &filter : filters_) {
      if (!filter->accept(line)) return false;
    }
    return true;
  }

 private:
  std::vector<std::unique_ptr<Filter>> filters_;
};

int main() {
  Pipeline pipeline;
  pipeline.add(std::make_unique<LengthFilter>());
  pipeline.add(std::make_unique<CountingFilter>());
  auto run = [&pipeline] {
    for (int i = 0; i < 300; ++i) pipeline.pass("some line");
  };
  std::thread a(run);
  std::thread b(run);
  a.join();
  b.join();
}
