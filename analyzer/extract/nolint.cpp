// See nolint.h. Files are searched as text: comments in headers need no other work, and a file without
// the word costs one search. The forms are clang-tidy's; a list in parentheses names rules, with a star
// as wildcard at the end; names that are not ours are somebody else's.
#include "analyzer/extract/nolint.h"

#include <map>

#include "llvm/ADT/SmallVector.h"

namespace gridlock::extract {
namespace {

constexpr llvm::StringRef kPrefix = "gridlock-";

// The rules of a comment in words of ours: empty when it is for all; nothing when it is for others.
std::optional<std::vector<std::string>> rulesOf(llvm::StringRef list) {
  std::vector<std::string> rules;
  llvm::SmallVector<llvm::StringRef, 8> names;
  list.split(names, ',');
  for (llvm::StringRef name : names) {
    name = name.trim();
    if (name == "*" || name == "gridlock-*" || name == "gridlock*") return std::vector<std::string>{};
    if (name.consume_front(kPrefix)) rules.push_back(name.str());
  }
  if (rules.empty()) return std::nullopt;
  return rules;
}

void search(UnitBuilder& builder, facts::FileId file, llvm::StringRef text) {
  struct Open {
    std::uint32_t line;
    std::vector<std::string> rules;
  };
  std::vector<Open> open;
  std::uint32_t line = 1;
  std::size_t counted = 0;
  const auto add = [&](std::uint32_t first, std::uint32_t last, const std::vector<std::string>& rules) {
    facts::Nolint row{.file = file, .first_line = first, .last_line = last, .rules = {}};
    for (const std::string& rule : rules) row.rules.push_back(builder.string(rule));
    builder.unit().nolints.push_back(std::move(row));
  };
  for (std::size_t at = text.find("NOLINT"); at != llvm::StringRef::npos; at = text.find("NOLINT", at + 1)) {
    line += static_cast<std::uint32_t>(text.slice(counted, at).count('\n'));
    counted = at;
    llvm::StringRef rest = text.substr(at + 6);
    enum { Here, Next, Begin, End } form = Here;
    if (rest.consume_front("NEXTLINE")) {
      form = Next;
    } else if (rest.consume_front("BEGIN")) {
      form = Begin;
    } else if (rest.consume_front("END")) {
      form = End;
    }
    std::optional<std::vector<std::string>> rules = std::vector<std::string>{};
    if (rest.consume_front("(")) rules = rulesOf(rest.substr(0, rest.find_first_of(")\n")));
    if (!rules) continue;
    switch (form) {
      case Here:
        add(line, line, *rules);
        break;
      case Next:
        add(line + 1, line + 1, *rules);
        break;
      case Begin:
        open.push_back({line, *rules});
        break;
      case End:
        for (std::size_t back = open.size(); back-- > 0;) {
          if (open[back].rules != *rules) continue;
          add(open[back].line, line, *rules);
          open.erase(open.begin() + static_cast<std::ptrdiff_t>(back));
          break;
        }
        break;
    }
  }
}

}  // namespace

void addNolints(UnitBuilder& builder) {
  for (const auto& [file, text] : builder.texts()) search(builder, file, text);
}

}  // namespace gridlock::extract
