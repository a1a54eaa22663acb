// Fixes: what is written into the sources is what Clang's -Wthread-safety accepts, and nothing is written
// where that is in doubt.
#include <gtest/gtest.h>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using support::ProcessResult;

// A lock as projects wrap it for Clang's analysis.
const char kMutexHeader[] = R"(#pragma once
#include <mutex>
#define CAPABILITY(x) __attribute__((capability(x)))
#define SCOPED_CAPABILITY __attribute__((scoped_lockable))
#define MY_GUARDED_BY(x) __attribute__((guarded_by(x)))
#define MY_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))
class CAPABILITY("mutex") Mutex {
 public:
  void Lock() ACQUIRE() { mutex_.lock(); }
  void Unlock() RELEASE() { mutex_.unlock(); }
 private:
  std::mutex mutex_;
};
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex &mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() RELEASE() { mutex_.Unlock(); }
 private:
  Mutex &mutex_;
};
)";

// SIZE is the body of size(): with or without the lock.
const char kPool[] = R"(#include <thread>
#include <vector>
#include "mutex.h"
class Pool {
 public:
  void add(int x) {
    MutexLock lock(mutex_);
    items_.push_back(x);
    grow();
  }
  std::size_t size() const { SIZE }
  int grown() const {
    MutexLock lock(mutex_);
    return grown_[0];
  }
 private:
  void grow();
  mutable Mutex mutex_;
  std::vector<int> items_;
  int grown_[2] = {0, 0};
};
void Pool::grow() { ++grown_[0]; }
static Mutex registry_mutex;
static int registered = 0;
static void enlist() {
  MutexLock lock(registry_mutex);
  ++registered;
}
int main() {
  Pool pool;
  std::thread one([&] { pool.add(1); enlist(); });
  std::thread two([&] { pool.add(2); enlist(); pool.size(); pool.grown(); });
  one.join();
  two.join();
}
)";

class Fixes : public InFolder {
 protected:
  Fixes() : InFolder("fixes") {}

  ProcessResult check(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "check");
    return gridlock(arguments, {.directory = folder_});
  }
  void write(const std::string& name, const std::string& text) { writeFile(folder_ / name, text); }
  std::string text(const std::string& name) { return readFile(folder_ / name); }

  static std::string with(std::string text, const std::string& word, const std::string& replacement) {
    return text.replace(text.find(word), word.size(), replacement);
  }

  // What Clang's thread-safety analysis says of a file: lines with warnings.
  std::vector<std::string> clangWarnings(const std::string& file) {
    const ProcessResult result = support::runProcess(
        {"clang++-19", "-std=c++17", "-Wthread-safety", "-fsyntax-only", file}, {.directory = folder_});
    EXPECT_EQ(result.code, 0) << result.err;
    std::vector<std::string> out;
    for (std::size_t at = 0; (at = result.err.find(": warning: ", at)) != std::string::npos; ++at) {
      const std::size_t start = result.err.rfind('\n', at) + 1;
      out.push_back(result.err.substr(start, result.err.find('\n', at) - start));
    }
    return out;
  }

  void expectHas(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in:\n" << text;
  }
  void expectHasNot(const std::string& text, const std::string& part) {
    EXPECT_EQ(text.find(part), std::string::npos) << "there is '" << part << "' in:\n" << text;
  }
};

TEST_F(Fixes, GuardsAreWrittenAsClangWantsThem) {
  write("mutex.h", kMutexHeader);
  write("pool.cpp", with(kPool, "SIZE", "MutexLock lock(mutex_); return items_.size();"));
  const ProcessResult fixed = check({"--fix", "pool.cpp", "--", "-std=c++17"});
  EXPECT_EQ(fixed.code, 0) << fixed.err;
  const std::string pool = text("pool.cpp");
  expectHas(pool, "std::vector<int> items_ MY_GUARDED_BY(mutex_);");
  expectHas(pool, "int grown_[2] MY_GUARDED_BY(mutex_) = {0, 0};");
  expectHas(pool, "  void grow() MY_REQUIRES(mutex_);");
  expectHas(pool, "static int registered MY_GUARDED_BY(registry_mutex) = 0;");
  EXPECT_EQ(clangWarnings("pool.cpp"), std::vector<std::string>{});
  // Once is enough.
  check({"--fix", "pool.cpp", "--", "-std=c++17"});
  EXPECT_EQ(text("pool.cpp"), pool);
}

TEST_F(Fixes, WhatClangStillSaysIsTheDefect) {
  write("mutex.h", kMutexHeader);
  write("pool.cpp", with(kPool, "SIZE", "return items_.size();"));
  const ProcessResult fixed = check({"--fix", "-o", "r.json", "pool.cpp", "--", "-std=c++17"});
  EXPECT_EQ(fixed.code, 1) << fixed.err;
  expectHas(fixed.err, "fix: Hold `Pool::mutex_` at pool.cpp:11, as most accesses to `Pool::items_` do.");
  const std::vector<std::string> warnings = clangWarnings("pool.cpp");
  ASSERT_EQ(warnings.size(), 1u);
  expectHas(warnings[0], "pool.cpp:11:");
  Result<nlohmann::json> report = support::loadReport(folder_ / "r.json");
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ((*report)["findings"][0]["fix"]["edits"].size(), 1u);
}

TEST_F(Fixes, AStandardMutexGetsMacrosThatStandForNothing) {
  write("pool.h", R"(#pragma once
#include <mutex>

class Pool {
 public:
  void add() {
    std::lock_guard<std::mutex> lock(mutex_);
    ++count_;
  }

 private:
  std::mutex mutex_;
  int count_{0};
};
)");
  write("main.cpp", R"(#include "pool.h"
#include <thread>
int main() {
  Pool pool;
  std::thread one([&] { pool.add(); });
  std::thread two([&] { pool.add(); });
  one.join();
  two.join();
}
)");
  EXPECT_EQ(check({"--fix", "main.cpp", "--", "-std=c++17"}).code, 0);
  const std::string pool = text("pool.h");
  expectHas(pool, "int count_ GUARDED_BY(mutex_){0};");
  EXPECT_LT(pool.find("#define GUARDED_BY"), pool.find("class Pool"));
  EXPECT_EQ(clangWarnings("main.cpp"), std::vector<std::string>{});
  const ProcessResult gcc =
      support::runProcess({"g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "main.cpp"},
                          {.directory = folder_});
  EXPECT_EQ(gcc.code, 0) << gcc.err;
}

TEST_F(Fixes, NothingIsWrittenInDoubt) {
  write("mutex.h", kMutexHeader);
  // Set up before the first thread, without the lock: Clang would complain.
  write("early.cpp", R"(#include <thread>
#include "mutex.h"
struct Counter {
  Mutex mutex;
  int count = 0;
  void setUp() { count = 7; }
  void bump() { MutexLock lock(mutex); ++count; }
};
int main() {
  Counter counter;
  counter.setUp();
  std::thread one([&] { counter.bump(); });
  std::thread two([&] { counter.bump(); });
  one.join();
  two.join();
}
)");
  // The lock is taken where Clang does not see it.
  write("hidden.cpp", R"(#include <thread>
#include "mutex.h"
struct Counter {
  Mutex mutex;
  int count = 0;
  void enter();
  void leave();
  void bump() { enter(); ++count; leave(); }
};
void Counter::enter() { mutex.Lock(); }
void Counter::leave() { mutex.Unlock(); }
int main() {
  Counter counter;
  std::thread one([&] { counter.bump(); });
  std::thread two([&] { counter.bump(); });
  one.join();
  two.join();
}
)");
  for (const char* file : {"early.cpp", "hidden.cpp"}) {
    const std::string before = text(file);
    const ProcessResult result = check({"--fix", file, "--", "-std=c++17"});
    EXPECT_EQ(text(file), before) << result.err;
  }
}

TEST_F(Fixes, AGuardGetsAName) {
  const std::string before = R"(#include <mutex>
std::mutex mutex;
int guard;
void f() {
  std::lock_guard<std::mutex>{mutex};
  ++guard;
}
void g() {
  std::unique_lock<std::mutex>(mutex);  // declares `mutex`
}
int main() { f(); g(); }
)";
  write("a.cpp", before);
  const ProcessResult result =
      check({"--fix", "--rule", "unused-guard", "-o", "r.json", "a.cpp", "--", "-std=c++17"});
  EXPECT_EQ(result.code, 1) << result.err;
  expectHas(text("a.cpp"), "  std::lock_guard<std::mutex> guard2{mutex};\n");
  expectHas(text("a.cpp"), "  std::unique_lock<std::mutex> guard2(mutex);  // declares");
  const ProcessResult again = check({"--rule", "unused-guard", "a.cpp", "--", "-std=c++17"});
  EXPECT_EQ(again.code, 0) << again.err;
}

TEST_F(Fixes, AreExportedAsClangTidyDoes) {
  write("mutex.h", kMutexHeader);
  write("pool.cpp", with(kPool, "SIZE", "return items_.size();"));
  const std::string before = text("pool.cpp");
  const ProcessResult result = check({"--export-fixes", "fixes.yaml", "pool.cpp", "--", "-std=c++17"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_EQ(text("pool.cpp"), before);
  const std::string yaml = text("fixes.yaml");
  EXPECT_EQ(
      yaml.rfind("---\nMainSourceFile:  ''\nDiagnostics:\n  - DiagnosticName:  gridlock-data-race\n", 0), 0u)
      << yaml;
  expectHas(yaml,
            "        - FilePath:        \"" + (folder_ / "pool.cpp").string() +
                "\"\n          Offset:          " + std::to_string(before.find("items_;") + 6) +
                "\n          Length:          0\n          ReplacementText: \" MY_GUARDED_BY(mutex_)\"\n");
  expectHas(yaml, "    Level:           Warning\n");
  expectHas(yaml, "DiagnosticName:  gridlock-guarded-by");
  EXPECT_EQ(yaml.substr(yaml.size() - 4), "...\n");
  // None: still a document.
  write("none.cpp", "int main() {}\n");
  EXPECT_EQ(check({"--export-fixes", "none.yaml", "none.cpp", "--"}).code, 0);
  EXPECT_EQ(text("none.yaml"), "---\nMainSourceFile:  ''\nDiagnostics:     []\n...\n");
}

TEST_F(Fixes, AFileThatHasChangedStaysAsItIs) {
  write("mutex.h", kMutexHeader);
  write("pool.cpp", with(kPool, "SIZE", "return items_.size();"));
  ASSERT_EQ(
      gridlock({"facts", "pool.cpp", "-o", "pool.glf", "--", "-std=c++17"}, {.directory = folder_}).code, 0);
  write("pool.cpp", "// One more line.\n" + text("pool.cpp"));
  const std::string before = text("pool.cpp");
  const ProcessResult result = check({"--fix", "pool.glf"});
  EXPECT_EQ(text("pool.cpp"), before);
  expectHas(result.err,
            "gridlock: warning: pool.cpp: has changed since its facts were extracted; it is not fixed\n");
}

}  // namespace
}  // namespace gridlock::e2e
