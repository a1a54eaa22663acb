// Stable forms of names; see names.h. One pass over the text, with a small amount of lexing for
// operators, whose names contain the brackets that are taken off elsewhere.
#include "analyzer/model/names.h"

#include <array>
#include <cctype>
#include <cstddef>

namespace gridlock::model {
namespace {

bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

// Length of an operator's name at `at`, or 0. "operator()" keeps its brackets.
std::size_t operatorLength(std::string_view name, std::size_t at) {
  constexpr std::string_view kWord = "operator";
  if (name.substr(at, kWord.size()) != kWord) return 0;
  if (at > 0 && isWord(name[at - 1])) return 0;
  const std::size_t end = at + kWord.size();
  constexpr std::array<std::string_view, 14> kSymbols = {"<=>", "<<=", ">>=", "->*", "()", "<<", ">>",
                                                         "<=",  ">=",  "->",  "[]",  "<",  ">",  "(("};
  for (std::string_view symbol : kSymbols)
    if (name.substr(end, symbol.size()) == symbol) return kWord.size() + symbol.size();
  return kWord.size();
}

// The end of the bracketed text that begins at `at`, one past its closing bracket; npos when it is
// never closed.
std::size_t closing(std::string_view name, std::size_t at) {
  int depth = 0;
  for (std::size_t i = at; i < name.size(); ++i) {
    if (const std::size_t skip = operatorLength(name, i); skip > 8) {
      i += skip - 1;
      continue;
    }
    const char c = name[i];
    if (c == '<' || c == '(' || c == '{' || c == '[') ++depth;
    if (c == '>' && i > 0 && name[i - 1] == '-') continue;  // "->" in an expression
    if (c == '>' || c == ')' || c == '}' || c == ']')
      if (--depth == 0) return i + 1;
  }
  return std::string_view::npos;
}

std::string stripped(std::string_view name, bool everything) {
  std::string out;
  bool after_operator = false;
  for (std::size_t i = 0; i < name.size();) {
    if (const std::size_t length = operatorLength(name, i)) {
      out += name.substr(i, length);
      i += length;
      after_operator = true;
      continue;
    }
    const char c = name[i];
    if (c == '<' && !out.empty() && (isWord(out.back()) || after_operator)) {  // template arguments
      const std::size_t end = closing(name, i);
      if (end != std::string_view::npos) {
        i = end;
        continue;
      }
    }
    if (everything && c == '(' && name.substr(i, 21) != "(anonymous namespace)") {  // parameters
      const std::size_t end = closing(name, i);
      if (end != std::string_view::npos) {
        i = end;
        for (std::string_view suffix : {" const", " volatile", " &&", " &"})
          if (name.substr(i, suffix.size()) == suffix) i += suffix.size();
        continue;
      }
    }
    if (everything && name.substr(i, 8) == " [clone ") break;
    if (everything && name.substr(i, 5) == "[abi:") {
      const std::size_t end = closing(name, i);
      if (end != std::string_view::npos) {
        i = end;
        continue;
      }
    }
    // Ordinals: "#3", "$_3", and the numbers of ".cold.3" and "file.c:12:5".
    const bool ordinal = c == '#' || c == '.' || c == ':' || (c == '_' && !out.empty() && out.back() == '$');
    if (everything && ordinal && i + 1 < name.size() && isDigit(name[i + 1])) {
      std::size_t end = i + 1;
      while (end < name.size() && isDigit(name[end])) ++end;
      if (end == name.size() || !isWord(name[end])) {
        i = end;
        continue;
      }
    }
    out += c;
    after_operator = false;
    ++i;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out.empty() ? std::string(name) : out;
}

}  // namespace

std::string stableName(std::string_view name) { return stripped(name, true); }
std::string withoutTemplateArguments(std::string_view name) { return stripped(name, false); }

}  // namespace gridlock::model
