// Entry of the end-to-end tests.
//
//   e2e_tests [--update-golden] [--validate-with-tsan] [GoogleTest options]
//
// --validate-with-tsan adds the suite `Truth`, which checks the scenarios instead of Gridlock: see
// testdata_test.cpp.
#include <cstring>

#include <gtest/gtest.h>

#include "tests/e2e/testdata_test.h"
#include "tests/support/golden.h"

int main(int argc, char** argv) {
  gridlock::support::takeGoldenFlag(argc, argv);
  bool validate = false;
  for (int i = 1; i < argc; ++i) validate = validate || std::strcmp(argv[i], "--validate-with-tsan") == 0;
  testing::InitGoogleTest(&argc, argv);
  gridlock::e2e::registerTestdata(validate);
  return RUN_ALL_TESTS();
}
