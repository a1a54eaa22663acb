// What locks of a real program are called, under both compilers, with and without optimisation.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "analyzer/observe/launcher.h"
#include "tests/support/process.h"

namespace gridlock::observe {
namespace {

namespace fs = std::filesystem;

class LockNames : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(LockNames, areThoseOfTheSource) {
  const auto [compiler, optimisation] = GetParam();
  if (support::runShell(std::string("command -v ") + compiler).code != 0)
    GTEST_SKIP() << compiler << " is not here";
  const fs::path folder = fs::path(GRIDLOCK_BINARY_DIR) / "lock_names";
  fs::create_directories(folder);
  const fs::path program = folder / (std::string(compiler) + optimisation);
  const fs::path source = fs::path(GRIDLOCK_SOURCE_DIR) / "testdata" / "records" / "lock_names.cpp";
  support::ProcessOptions options;
  options.deadline = std::chrono::seconds(100);
  const auto compiled = support::runProcess(
      {compiler, "-std=c++20", "-g", optimisation, source.string(), "-o", program.string(), "-pthread"},
      options);
  ASSERT_EQ(compiled.code, 0) << compiled.err;

  LaunchOptions launch_options;
  launch_options.command = {program.string()};
  launch_options.shim = fs::path(GRIDLOCK_BINARY_DIR) / "lib" / "libgridlock_rt.so";
  launch_options.timeout = std::chrono::seconds(20);
  Result<ProgramProbe> probe = probeProgram(program.string());
  ASSERT_TRUE(probe);
  Result<Session> session = Session::make();
  ASSERT_TRUE(session);
  Result<LaunchOutcome> outcome = launch(launch_options, *probe, *session);
  ASSERT_TRUE(outcome);
  ASSERT_EQ(outcome->exit_code, 0);
  Result<model::Report> report = readSession(*session, launch_options, *probe, *outcome);
  ASSERT_TRUE(report);

  std::map<std::string, std::uint64_t> found;
  for (const model::Lock& lock : report->locks) {
    std::string name = lock.name;
    const std::size_t folder_end = name.find("lock_names.cpp:");  // the folder depends on who runs the test
    if (folder_end != std::string::npos) name.erase(0, folder_end);
    found[name] += lock.instances;
  }
  const std::map<std::string, std::uint64_t> expected{{"server.mutex", 1},
                                                      {"server.nested.inner", 1},
                                                      {"stripes[]", 8},
                                                      {"table[]", 1},
                                                      {"lock_names.cpp:net::hidden", 1},
                                                      {"lock_names.cpp:net::internal", 1},
                                                      {"net::Pool::global", 1},
                                                      {"accessor()::once", 1},
                                                      {"net::Pool::rw", 1},
                                                      {"Cache::mutex_", 2},
                                                      {"Shard::m", 3},
                                                      {"Base::base_mutex_", 1},
                                                      {"Db::writers", 1},
                                                      {"Db::log", 1},
                                                      {"queue::mu", 1},
                                                      {"unnamed_t::lock", 1},
                                                      {"main()::local", 1}};
  EXPECT_EQ(found, expected);
}

INSTANTIATE_TEST_SUITE_P(Compilers, LockNames,
                         testing::Values(std::pair{"g++", "-O0"}, std::pair{"g++", "-O2"},
                                         std::pair{"clang++-19", "-O0"}, std::pair{"clang++-19", "-O2"}));

}  // namespace
}  // namespace gridlock::observe
