// The size of the facts cache: what was used longest ago goes, drafts of dead writers go, and a check does
// not pay for looking through the folder each time.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "analyzer/extract/cache.h"

namespace gridlock::extract {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class FactsCacheSize : public testing::Test {
 protected:
  FactsCacheSize() {
    std::string name = (fs::temp_directory_path() / "gridlock_cache_XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~FactsCacheSize() override { fs::remove_all(folder_); }

  void write(const std::string& name, std::chrono::minutes age) {
    std::ofstream(folder_ / name) << std::string(1000, 'x');
    fs::last_write_time(folder_ / name, fs::file_time_type::clock::now() - age);
  }
  bool has(const std::string& name) const { return fs::exists(folder_ / name); }

  fs::path folder_;
};

TEST_F(FactsCacheSize, WhatWasUsedLongestAgoGoes) {
  write("new.glc", 1min);
  write("old.glc", 200min);
  write("older.glr", 300min);
  FactsCache cache(folder_.string(), "");
  cache.trim(2500);
  EXPECT_TRUE(has("new.glc"));
  EXPECT_FALSE(has("old.glc"));
  EXPECT_FALSE(has("older.glr"));
}

TEST_F(FactsCacheSize, IsLookedAtOnceAnHour) {
  FactsCache cache(folder_.string(), "");
  cache.trim(2500);
  for (int i = 0; i < 9; ++i) write(std::to_string(i) + ".glc", 1min);
  cache.trim(2500);
  EXPECT_TRUE(has("0.glc") && has("8.glc"));
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
    fs::last_write_time(entry, fs::file_time_type::clock::now() - 61min);
  cache.trim(2500);
  const auto left = std::count_if(fs::directory_iterator(folder_), fs::directory_iterator(),
                                  [](const auto& entry) { return entry.path().extension() == ".glc"; });
  EXPECT_EQ(left, 1);
}

TEST_F(FactsCacheSize, ATimeToComeIsNoReasonToWait) {
  FactsCache cache(folder_.string(), "");
  cache.trim(2500);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
    fs::last_write_time(entry, fs::file_time_type::clock::now() + 100h);
  for (int i = 0; i < 9; ++i) write(std::to_string(i) + ".glc", 1min);
  cache.trim(2500);
  EXPECT_FALSE(has("0.glc") && has("8.glc"));
}

TEST_F(FactsCacheSize, DraftsOfDeadWritersGo) {
  write("a.glc.tmp17", 100min);
  write("b.glc.tmp18", 1min);
  write("somebody's own file", 10000min);
  FactsCache cache(folder_.string(), "");
  cache.trim(1 << 20);
  EXPECT_FALSE(has("a.glc.tmp17"));
  EXPECT_TRUE(has("b.glc.tmp18")) << "may still be written";
  EXPECT_TRUE(has("somebody's own file"));
}

}  // namespace
}  // namespace gridlock::extract
