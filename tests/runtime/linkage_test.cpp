// The shim as a library: it needs libc only, and exports what hooks/functions.def lists and nothing else.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace gridlock::test {
namespace {

std::string outputOf(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 4096> bytes{};
  while (const std::size_t got = fread(bytes.data(), 1, bytes.size(), pipe.get()))
    out.append(bytes.data(), got);
  return out;
}

TEST(Linkage, NeedsLibcOnly) {
  const std::string dynamic = outputOf("readelf -dW '" GRIDLOCK_SHIM "'");
  std::set<std::string> needed;
  const std::regex entry(R"(\(NEEDED\).*\[(.*)\])");
  for (std::sregex_iterator at(dynamic.begin(), dynamic.end(), entry), end; at != end; ++at)
    needed.insert((*at)[1]);
  needed.erase("ld-linux-x86-64.so.2");
  EXPECT_EQ(needed, std::set<std::string>{"libc.so.6"});
  EXPECT_EQ(dynamic.find("TEXTREL"), std::string::npos);
}

TEST(Linkage, ExportsWhatTheListSays) {
  std::ifstream file(GRIDLOCK_FUNCTIONS);
  ASSERT_TRUE(file);
  std::set<std::string> listed;
  const std::regex hook(
      R"(^HOOK(_VERSION|_OLD|_PLAIN|_MARK|_OF)?\((?:"[^"]+", )?(\w+)(?:, "([^"]+)\"|, .*)?\)$)");
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, hook)) continue;
    std::string name = match[2];
    if (match[1] == "_VERSION") name += "@@" + match[3].str();
    if (match[1] == "_OLD") name += "@" + match[3].str();
    listed.insert(name);
  }
  ASSERT_GT(listed.size(), 40u);
  std::set<std::string> exported;
  std::istringstream symbols(outputOf("nm -D --defined-only --with-symbol-versions '" GRIDLOCK_SHIM "'"));
  for (std::string address, type, name; symbols >> address >> type >> name;) {
    if (type != "A") exported.insert(name);
  }
  EXPECT_EQ(exported, listed);
}

}  // namespace
}  // namespace gridlock::test
