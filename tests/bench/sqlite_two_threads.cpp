// SQLite in its serialised mode, used by two threads: millions of acquisitions a second on very few
// locks. Prints the CPU time of one query, and the seconds of all of them, in user and kernel mode.
#include <sqlite3.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

constexpr int kRows = 1000;

void run(sqlite3* database, const char* statement) {
  if (sqlite3_exec(database, statement, nullptr, nullptr, nullptr) != SQLITE_OK) {
    std::fprintf(stderr, "gridlock_bench_sqlite: %s\n", sqlite3_errmsg(database));
    std::exit(2);
  }
}

void query(sqlite3* database, std::size_t count) {
  sqlite3_stmt* find = nullptr;
  sqlite3_prepare_v2(database, "SELECT v FROM t WHERE k = ?", -1, &find, nullptr);
  for (std::size_t i = 0; i < count; ++i) {
    sqlite3_bind_int(find, 1, static_cast<int>(i % kRows));
    if (sqlite3_step(find) != SQLITE_ROW) {
      std::exit(3);
    }
    sqlite3_reset(find);
  }
  sqlite3_finalize(find);
}

struct Used {
  double user, kernel;  // seconds
};

Used usedSoFar() {
  rusage all;
  getrusage(RUSAGE_SELF, &all);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return {seconds(all.ru_utime), seconds(all.ru_stime)};
}

}  // namespace

int main(int argc, char** argv) {
  const double scale = argc > 1 ? std::atof(argv[1]) : 1.0;
  const auto queries = static_cast<std::size_t>(300'000 * scale);
  sqlite3_config(SQLITE_CONFIG_SERIALIZED);
  // A database each: the threads meet in SQLite's global locks (memory, page cache), not in one
  // connection.
  sqlite3* databases[2] = {};
  for (auto*& database : databases) {
    if (sqlite3_open_v2(":memory:", &database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr)) {
      return 2;
    }
    run(database, "CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT); BEGIN");
    for (int i = 0; i < kRows; ++i) {
      char statement[80];
      std::snprintf(statement, sizeof statement, "INSERT INTO t VALUES (%d, 'value %d')", i, i);
      run(database, statement);
    }
    run(database, "COMMIT");
  }
  const Used before = usedSoFar();
  std::thread first(query, databases[0], queries);
  std::thread second(query, databases[1], queries);
  first.join();
  second.join();
  const Used after = usedSoFar();
  const Used used{after.user - before.user, after.kernel - before.kernel};
  std::printf("{\"ns\": %.3f, \"user\": %.6f, \"kernel\": %.6f}\n",
              (used.user + used.kernel) * 1e9 / static_cast<double>(2 * queries), used.user, used.kernel);
  for (auto* database : databases) {
    sqlite3_close(database);
  }
  return 0;
}
