#include "analyzer/report/writer.h"
namespace gridlock::report {
std::string writeDot(const model::Report&) { return {}; }
}  // namespace gridlock::report
