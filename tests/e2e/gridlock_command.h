// The product's programs, as tests start them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/process.h"

namespace gridlock::e2e {

std::filesystem::path gridlockCommand();
std::filesystem::path shim();
std::filesystem::path testdataFolder();

// Two threads count without a lock.
inline constexpr char kRacy[] = R"(#include <pthread.h>
static int count;
static void *work(void *p) { ++count; return p; }
int main(void) {
  pthread_t a, b;
  pthread_create(&a, 0, work, 0); pthread_create(&b, 0, work, 0);
  pthread_join(a, 0); pthread_join(b, 0);
  return 0;
}
)";

// Runs `gridlock ARGUMENTS…` with a deadline. GRIDLOCK_OPTIONS is taken out of the environment.
support::ProcessResult gridlock(const std::vector<std::string>& arguments,
                                support::ProcessOptions options = {});

// Compiles one small C or C++ program given as text; fails the test and gives an empty path when it
// does not compile. Kept, like scenarios, until the text changes.
std::filesystem::path program(const std::string& name, const std::string& text,
                              const std::vector<std::string>& extra_flags = {});

// A test with a folder of its own, empty at first.
class InFolder : public testing::Test {
 protected:
  explicit InFolder(const std::string& suite);

  std::filesystem::path file(const std::string& name) const { return folder_ / name; }

  std::filesystem::path folder_;
};

// Exit code 2, and exactly one line on stderr, which contains all of `words`.
void expectOneLine(const support::ProcessResult& result, const std::vector<std::string>& words);

std::string readFile(const std::filesystem::path& file);
void writeFile(const std::filesystem::path& file, const std::string& text);

// The rules of a report's findings that are not suppressed, sorted, with repetitions.
std::vector<std::string> rulesOf(const std::filesystem::path& report);

}  // namespace gridlock::e2e
