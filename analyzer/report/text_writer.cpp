#include "analyzer/report/writer.h"
namespace gridlock::report {
std::string writeText(const model::Report&, const WriteOptions&) { return {}; }
std::string writeSarif(const model::Report&, const WriteOptions&) { return {}; }
std::string writeHtml(const model::Report&, const WriteOptions&) { return {}; }
std::string writeDot(const model::Report&) { return {}; }
std::string writeGitlab(const model::Report&) { return {}; }
std::string writeJunit(const model::Report&) { return {}; }
}  // namespace gridlock::report
