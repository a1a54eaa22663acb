// The cache of `check`: nothing changed gives the same report without work, and whatever changes what a
// unit says, or what is made of it, is seen.
#include <gtest/gtest.h>

#include "tests/e2e/gridlock_command.h"
#include "tests/support/builder.h"
#include "tests/support/report_json.h"

namespace gridlock::e2e {
namespace {

namespace fs = std::filesystem;

class Cache : public InFolder {
 protected:
  Cache() : InFolder("cache") {
    writeFile(folder_ / "src/count.h", "static int count;\n");
    writeFile(folder_ / "src/main.c", R"(#include <pthread.h>
#include "count.h"
void strange_lock(void *);
void strange_unlock(void *);
static int key;
static void *work(void *p) { strange_lock(&key); ++count; strange_unlock(&key); return p; }
int main(void) {
  pthread_t a, b;
  pthread_create(&a, 0, work, 0); pthread_create(&b, 0, work, 0);
  pthread_join(a, 0); pthread_join(b, 0);
  return 0;
}
)");
    fs::create_directories(folder_ / "first");
  }

  // The findings, as text; `arguments` come before the file.
  std::string findings(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"check", "-o", "r.json", "--fail-on", "never"});
    arguments.insert(arguments.end(), {"src/main.c", "--", "-Ifirst", "-Isrc"});
    const support::ProcessResult result =
        gridlock(arguments, {.directory = folder_, .environment = {{"GRIDLOCK_CACHE", folder_ / "cache"}}});
    EXPECT_EQ(result.code, 0) << result.err;
    Result<nlohmann::json> report = support::loadReport(folder_ / "r.json");
    if (!report) return report.error().text();
    nlohmann::json copy = *report;
    for (nlohmann::json& run : copy["runs"]) {
      run.erase("started");
      run.erase("seconds");
    }
    return copy.dump(1);
  }
};

TEST_F(Cache, NothingChanged) {
  const std::string first = findings();
  EXPECT_NE(first.find("data-race"), std::string::npos) << first;
  EXPECT_EQ(findings(), first);
  // Damage is a miss.
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / "cache"))
    writeFile(entry.path(), readFile(entry.path()).substr(0, 200));
  EXPECT_EQ(findings(), first);
}

TEST_F(Cache, AHeaderChanged) {
  findings();
  writeFile(folder_ / "src/count.h", "static _Atomic int count;\n");
  EXPECT_EQ(findings().find("data-race"), std::string::npos);
}

TEST_F(Cache, AHeaderCameWhereNoneWas) {
  // Found by the unit's own folder first, so the quoted form must not be.
  std::string text = readFile(folder_ / "src/main.c");
  text.replace(text.find("\"count.h\""), 9, "<count.h>");
  writeFile(folder_ / "src/main.c", text);
  EXPECT_NE(findings().find("data-race"), std::string::npos);
  writeFile(folder_ / "first/count.h", "static _Thread_local int count;\n");
  EXPECT_EQ(findings().find("data-race"), std::string::npos);
}

TEST_F(Cache, AModelChanged) {
  writeFile(folder_ / "a.models", "other_lock : lock 0\n");
  EXPECT_NE(findings({"--models", "a.models"}).find("data-race"), std::string::npos);
  writeFile(folder_ / "a.models", "strange_lock : lock 0\nstrange_unlock : unlock 0\n");
  EXPECT_EQ(findings({"--models", "a.models"}).find("\"data-race\""), std::string::npos);
}

}  // namespace
}  // namespace gridlock::e2e
