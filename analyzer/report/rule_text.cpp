// See rule_text.h.
#include "analyzer/report/rule_text.h"

#include <string>

namespace gridlock::report {
namespace {

constexpr std::string_view kText =
#include "rules_text.inc"
    ;

}  // namespace

std::string_view ruleText(std::string_view rule) {
  const std::string heading = "\n## " + std::string(rule) + "\n";
  const std::size_t begin = kText.find(heading);
  if (begin == std::string_view::npos) return {};
  // To the next heading of the same level.
  const std::size_t end = kText.find("\n## ", begin + 1);
  return kText.substr(begin + 1, end == std::string_view::npos ? end : end - begin);
}

}  // namespace gridlock::report
