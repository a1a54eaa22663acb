#include "analyzer/report/writer.h"
namespace gridlock::report {
std::string writeGitlab(const model::Report&) { return {}; }
}  // namespace gridlock::report
