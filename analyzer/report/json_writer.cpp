#include "analyzer/report/writer.h"
namespace gridlock::report {
std::string writeJson(const model::Report&) { return "{}"; }
}  // namespace gridlock::report
