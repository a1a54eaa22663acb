// Golden files: a few full outputs under testdata/golden that a reviewer reads.
//
// With --update-golden on the test program's command line (see `takeGoldenFlag`) the files are
// rewritten instead of compared; the comparison never repairs anything by itself.
#pragma once

#include <string>

namespace gridlock::support {

// Removes --update-golden from the arguments; to be called by main before GoogleTest reads them.
void takeGoldenFlag(int& argc, char** argv);

// The difference between `actual` and testdata/golden/NAME; empty when there is none. Says the
// first line that differs and how to update.
std::string compareGolden(const std::string& name, const std::string& actual);

}  // namespace gridlock::support
