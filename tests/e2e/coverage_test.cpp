// docs/coverage.md: what it names exists and expects what it says. And what a report of a run holds beside
// its findings: both sides of each lock order, cycles found harmless, where the time went.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <sstream>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using support::ProcessResult;

fs::path sourceFolder() { return GRIDLOCK_SOURCE_DIR; }

std::vector<std::string> inBackticks(const std::string& text) {
  std::vector<std::string> out;
  static const std::regex kWord("`([^`]+)`");
  for (std::sregex_iterator at(text.begin(), text.end(), kWord), end; at != end; ++at)
    out.push_back((*at)[1]);
  return out;
}

std::string allTests() {
  std::string text;
  for (const fs::directory_entry& file : fs::recursive_directory_iterator(sourceFolder() / "tests")) {
    if (file.path().extension() == ".cpp") text += readFile(file.path());
  }
  return text;
}

// Whether a scenario expects one of the rules.
bool expectsOneOf(const std::string& scenario, const std::vector<std::string>& rules) {
  std::istringstream lines(scenario);
  for (std::string line; std::getline(lines, line);) {
    for (std::size_t at = 0; (at = line.find("expect", at)) != std::string::npos; ++at) {
      const bool none = line.compare(at, 11, "expect-none") == 0;
      const std::string rest = line.substr(at, line.find("also", at) - at);
      for (const std::string& rule : rules)
        if (!none && rest.find(rule) != std::string::npos) return true;
    }
  }
  return false;
}

TEST(Coverage, NamesOnlyWhatExists) {
  const std::string tests = allTests();
  std::istringstream table(readFile(sourceFolder() / "docs/coverage.md"));
  static const std::regex kTest("[A-Z]\\w*\\.[A-Z]\\w*");
  static const std::regex kCase("[a-z][a-z_]*");
  int named = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.rfind("| ", 0) != 0) continue;
    std::vector<std::string> columns;
    std::istringstream cells(line.substr(1));
    for (std::string cell; std::getline(cells, cell, '|');) columns.push_back(cell);
    if (columns.size() < 2 || columns[0] == " situation ") continue;
    const std::vector<std::string> said =
        columns.size() > 2 ? inBackticks(columns[2]) : std::vector<std::string>{};
    for (const std::string& name : inBackticks(columns[1])) {
      ++named;
      const std::size_t dot = name.find('.');
      if (name.find('/') != std::string::npos) {
        const fs::path file = testdataFolder() / name;
        ASSERT_TRUE(fs::exists(file)) << line;
        if (name.find("_bad.") != std::string::npos) {
          EXPECT_TRUE(expectsOneOf(readFile(file), said)) << name << " does not expect what is said of it";
        }
      } else if (std::regex_match(name, kTest)) {
        EXPECT_NE(tests.find("(" + name.substr(0, dot) + ", " + name.substr(dot + 1) + ")"),
                  std::string::npos)
            << name << " is no test";
      } else if (columns.size() == 2 && std::regex_match(name, kCase)) {
        EXPECT_NE(tests.find("Place{\"" + name + "\""), std::string::npos) << name << " is no surrounding";
      } else {
        EXPECT_EQ(name, "locks=") << line;
      }
    }
  }
  EXPECT_GT(named, 100) << "the tables are gone";
}

// Red before blue under a common lock and blue before red under it, too; green before black, and black before
// green in another thread, with nothing in the way.
const char kOrders[] = R"(
#include <pthread.h>
#include <time.h>
static pthread_mutex_t red = PTHREAD_MUTEX_INITIALIZER, blue = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t green = PTHREAD_MUTEX_INITIALIZER, black = PTHREAD_MUTEX_INITIALIZER;
static int turn;
static void both(pthread_mutex_t *outer, pthread_mutex_t *inner) {
  pthread_mutex_lock(outer);
  pthread_mutex_lock(inner);
  pthread_mutex_unlock(inner);
  pthread_mutex_unlock(outer);
}
static void *first(void *p) {
  pthread_mutex_lock(&gate); both(&red, &blue); pthread_mutex_unlock(&gate);
  both(&green, &black);
  __atomic_store_n(&turn, 1, __ATOMIC_RELAXED);
  while (__atomic_load_n(&turn, __ATOMIC_RELAXED) != 2) {}
  return p;
}
static void *second(void *p) {
  while (__atomic_load_n(&turn, __ATOMIC_RELAXED) != 1) {}
  pthread_mutex_lock(&gate); both(&blue, &red); pthread_mutex_unlock(&gate);
  both(&black, &green);
  __atomic_store_n(&turn, 2, __ATOMIC_RELAXED);
  return p;
}
int main(void) {
  pthread_t one, two;
  pthread_create(&one, 0, first, 0); pthread_create(&two, 0, second, 0);
  pthread_join(one, 0); pthread_join(two, 0);
  return 0;
})";

json reportOf(const fs::path& binary, const std::string& name) {
  const fs::path folder = support::scratchFolder("coverage/" + name);
  const ProcessResult result =
      gridlock({"run", "--quiet", "--fail-on", "never", "-o", "r.json", "--", binary}, {.directory = folder});
  EXPECT_EQ(result.code, 0) << result.ending() << result.err;
  Result<json> report = support::loadReport(folder / "r.json");
  return report ? *report : json::object();
}

const json* withId(const json& list, const json& id) {
  const auto at = std::find_if(list.begin(), list.end(), [&](const json& one) { return one["id"] == id; });
  return at == list.end() ? nullptr : &*at;
}

TEST(Coverage, ACycleShowsBothSidesOfEachEdge) {
  const json report = reportOf(program("four_orders", kOrders), "cycle");
  const json* cycle = nullptr;
  for (const json& finding : report["findings"])
    if (finding["rule"] == "lock-order-cycle" && finding["severity"] == "warning") cycle = &finding;
  ASSERT_NE(cycle, nullptr);
  EXPECT_EQ((*cycle)["edges"].size(), 2u);
  for (const json& id : (*cycle)["edges"]) {
    const json* edge = withId(report["lockOrder"], id);
    ASSERT_NE(edge, nullptr);
    ASSERT_FALSE((*edge)["witnesses"].empty());
    for (const json& witness : (*edge)["witnesses"]) {
      for (const char* side : {"fromStack", "toStack"}) {
        const json* stack = withId(report["stacks"], witness[side]);
        ASSERT_NE(stack, nullptr) << side;
        const json* inner = withId(report["sites"], (*stack)["frames"][0]);
        ASSERT_NE(inner, nullptr);
        EXPECT_EQ((*inner)["function"], "both") << "the call, not the shim's own frames";
        EXPECT_GE((*stack)["frames"].size(), 2u) << "and who called it";
      }
    }
  }
  for (const json& id : (*cycle)["locks"]) {
    const json* lock = withId(report["locks"], id);
    ASSERT_NE(lock, nullptr);
    const std::string name = (*lock)["name"];
    EXPECT_TRUE(name.ends_with("green") || name.ends_with("black")) << name;
    EXPECT_TRUE(lock->contains("declared")) << "where it was born";
  }
  EXPECT_GE((*cycle)["steps"].size(), 4u) << "two have their first lock, and ask for the second";
  EXPECT_EQ((*cycle)["locations"].size(), 2u) << "each line once: all four calls stand in two";
}

TEST(Coverage, HarmlessCyclesAreCountedWithTheirReason) {
  const json report = reportOf(program("four_orders", kOrders), "harmless");
  ASSERT_TRUE(report.contains("harmlessCycles"));
  EXPECT_NE(report["harmlessCycles"].dump().find("gate"), std::string::npos) << report["harmlessCycles"];
  bool noted = false;
  for (const json& finding : report["findings"]) {
    if (finding["rule"] != "lock-order-cycle" || finding["severity"] != "note") continue;
    noted = true;
    EXPECT_NE(finding["reason"].get<std::string>().find("gate"), std::string::npos) << finding["reason"];
  }
  EXPECT_TRUE(noted);
}

TEST(Coverage, TimesOfAContendedLock) {
  const json report = reportOf(program("contends", R"(
#include <pthread.h>
#include <time.h>
static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t start;
static void *work(void *p) {
  const struct timespec pause = {0, 8000000};
  pthread_barrier_wait(&start);
  for (int i = 0; i < 25; ++i) {
    pthread_mutex_lock(&busy);
    nanosleep(&pause, 0);
    pthread_mutex_unlock(&busy);
    nanosleep(&(struct timespec){0, 1000000}, 0);
  }
  return p;
}
int main(void) {
  pthread_t one, two;
  pthread_barrier_init(&start, 0, 2);
  pthread_create(&one, 0, work, 0); pthread_create(&two, 0, work, 0);
  pthread_join(one, 0); pthread_join(two, 0);
  return 0;
})"),
                               "contention");
  bool told = false;
  for (const json& finding : report["findings"]) {
    if (finding["rule"] != "contention") continue;
    told = true;
    EXPECT_EQ(finding["severity"], "note");
  }
  EXPECT_TRUE(told);
  std::uint64_t waited = 0;
  std::uint64_t blocked = 0;
  for (const json& thread : report["threads"]) {
    ASSERT_TRUE(thread.contains("time")) << thread;
    EXPECT_GT(thread["time"].value("cpuNs", 0u), 0u);
    waited += thread["time"].value("lockWaitNs", std::uint64_t{0});
    blocked += thread["time"].value("blockedNs", std::uint64_t{0});
  }
  EXPECT_GT(waited, 100'000'000u) << "the two sleep under the lock for four tenths of a second in turns";
  EXPECT_GT(blocked, 300'000'000u) << "they slept, and main joined";
}

}  // namespace
}  // namespace gridlock::e2e
