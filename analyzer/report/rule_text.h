// What docs/rules.md says of a rule. The text is embedded at build time, so that the documentation, `gridlock
// explain` and the reports cannot differ.
#pragma once

#include <string_view>

namespace gridlock::report {

// The section of the rule with its heading, in Markdown; empty when there is none.
std::string_view ruleText(std::string_view rule);

}  // namespace gridlock::report
