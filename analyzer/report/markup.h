// Text inside XML and HTML.
#pragma once

#include <string>
#include <string_view>

namespace gridlock::report {

// With <, >, &, quotes escaped; characters that XML 1.0 does not allow, and bytes that are no UTF-8,
// become U+FFFD.
std::string escaped(std::string_view text);

}  // namespace gridlock::report
