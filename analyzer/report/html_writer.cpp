#include "analyzer/report/writer.h"
namespace gridlock::report {
std::string writeHtml(const model::Report&, const WriteOptions&) { return {}; }
}  // namespace gridlock::report
