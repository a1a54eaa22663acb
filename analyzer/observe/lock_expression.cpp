// See lock_expression.h.
#include "analyzer/observe/lock_expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

namespace gridlock::observe {
namespace {

bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool isBlank(char c) { return std::isspace(static_cast<unsigned char>(c)); }

std::string trimmed(std::string_view text) {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

char closing(char open) { return open == '(' ? ')' : open == '{' ? '}' : open == '[' ? ']' : '>'; }

// Index behind the bracket that closes the one at `at`; npos if the text ends before.
std::size_t behindBracket(std::string_view text, std::size_t at) {
  std::string stack;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      for (++i; i < text.size() && text[i] != c; ++i) {
        if (text[i] == '\\') ++i;
      }
    } else if (c == '(' || c == '{' || c == '[') {
      stack += closing(c);
    } else if (!stack.empty() && c == stack.back()) {
      stack.pop_back();
      if (stack.empty()) return i + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t behindTemplate(std::string_view text, std::size_t at) {
  int depth = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '<') ++depth;
    if (text[i] == '>' && --depth == 0) return i + 1;
    if (text[i] == ';' || text[i] == '{') break;
  }
  return std::string_view::npos;
}

std::vector<std::string> splitArguments(std::string_view text) {
  std::vector<std::string> out;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(' || c == '{' || c == '[') ++depth;
    if (c == ')' || c == '}' || c == ']') --depth;
    if (c == ',' && depth == 0) {
      out.push_back(trimmed(text.substr(start, i - start)));
      start = i + 1;
    }
  }
  const std::string last = trimmed(text.substr(start));
  if (!last.empty() || !out.empty()) out.push_back(last);
  return out;
}

// The path expression that ends at `end` (exclusive): "a[i].b->c".
std::string objectBefore(std::string_view text, std::size_t end) {
  std::size_t at = end;
  while (at > 0) {
    const char c = text[at - 1];
    if (isWord(c) || c == '.' || c == ':') {
      --at;
    } else if (c == '>' && at >= 2 && text[at - 2] == '-') {
      at -= 2;
    } else if (c == ']' || c == ')') {
      const char open = c == ']' ? '[' : '(';
      int depth = 0;
      while (at > 0) {
        --at;
        if (text[at] == c) ++depth;
        if (text[at] == open && --depth == 0) break;
      }
    } else {
      break;
    }
  }
  return trimmed(text.substr(at, end - at));
}

bool isGuardType(const std::string& type) {
  const std::string name = lower(type);
  return name.find("lock") != std::string::npos || name.find("guard") != std::string::npos ||
         name.find("holder") != std::string::npos;
}

bool isTag(const std::string& argument) {
  for (const char* tag : {"defer_lock", "adopt_lock", "try_to_lock"}) {
    if (argument.find(tag) != std::string::npos) return true;
  }
  return false;
}

std::vector<std::string> mutexArguments(const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  for (const std::string& argument : arguments) {
    if (!isTag(argument) && !argument.empty()) out.push_back(argument);
  }
  return out;
}

// How sure it is that a call takes the lock, and what it takes. 0: it does not.
int judge(const CallText& call, bool condition, std::vector<std::string>& expressions) {
  static constexpr std::array kMethods{
      "lock",        "try_lock",        "try_lock_for",        "try_lock_until",
      "lock_shared", "try_lock_shared", "try_lock_shared_for", "try_lock_shared_until",
      "acquire",     "try_acquire"};
  const std::string name = lower(call.name);
  const bool waits = name.find("wait") != std::string::npos || name.find("signal") != std::string::npos ||
                     name.find("broadcast") != std::string::npos || name.find("notify") != std::string::npos;
  if (condition && waits) {
    if (!call.object.empty()) {
      expressions = {call.object};
    } else if (!call.arguments.empty()) {
      expressions = {call.arguments[0]};
    }
    return expressions.empty() ? 0 : 5;
  }
  // Releases name a lock, too: one that nobody took has no other place.
  const bool releases = name.find("unlock") != std::string::npos;
  if (name.find("release") != std::string::npos) return 0;
  const bool posix = call.name.rfind("pthread_", 0) == 0 || call.name.rfind("mtx_", 0) == 0 ||
                     call.name.rfind("sem_", 0) == 0 || call.name.rfind("cnd_", 0) == 0;
  if (posix && !call.arguments.empty() && call.type.empty()) {
    const bool mutex_of_wait = call.name.rfind("pthread_cond_", 0) == 0 || call.name.rfind("cnd_", 0) == 0;
    if (!condition && mutex_of_wait && call.arguments.size() < 2) return 0;
    expressions = {call.arguments[!condition && mutex_of_wait ? 1 : 0]};
    return releases ? 1 : 4;
  }
  if (!call.object.empty() && std::ranges::find(kMethods, call.name) != kMethods.end()) {
    expressions = {call.object};
    return 4;
  }
  if (releases) {
    if (call.object.empty()) return 0;
    expressions = {call.object};
    return 1;
  }
  if (!call.type.empty() && isGuardType(call.type)) {
    static constexpr std::array kSeveral{"scoped_lock"};
    expressions = mutexArguments(call.arguments);
    if (std::ranges::find(kSeveral, call.type) == kSeveral.end() && expressions.size() > 1)
      expressions.resize(1);
    return expressions.empty() ? 0 : 3;
  }
  const bool takes = name.find("lock") != std::string::npos || name.find("acquire") != std::string::npos ||
                     name.find("guard") != std::string::npos || name.find("enter") != std::string::npos;
  if (!takes) return 0;
  if (!call.object.empty()) {
    expressions = {call.object};
    return 2;
  }
  expressions = mutexArguments(call.arguments);
  if (call.name != "lock" && call.name != "try_lock" && expressions.size() > 1) expressions.resize(1);
  return expressions.empty() ? 0 : 2;
}

// How far a call is from the column that the compiler gave: that of the name, of the object, or of
// the bracket that closes a declaration. Anything within the call is it.
std::size_t distanceTo(const CallText& call, int column) {
  const std::size_t wanted = column > 0 ? static_cast<std::size_t>(column) : 1;
  if (wanted < call.column) return call.column - wanted;
  return wanted > call.end ? wanted - call.end : 0;
}

}  // namespace

std::vector<CallText> callsIn(std::string_view text) {
  std::vector<CallText> out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"' || text[i] == '\'') {
      const char quote = text[i];
      for (++i; i < text.size() && text[i] != quote; ++i) {
        if (text[i] == '\\') ++i;
      }
      ++i;
      continue;
    }
    if (text[i] == '/' && i + 1 < text.size() && text[i + 1] == '/') break;
    if (!isWord(text[i])) {
      ++i;
      continue;
    }
    const std::size_t start = i;
    while (i < text.size() && isWord(text[i])) ++i;
    const std::string_view name = text.substr(start, i - start);
    std::size_t open = i;
    while (open < text.size() && isBlank(text[open])) ++open;
    if (open < text.size() && text[open] == '<') {
      const std::size_t behind = behindTemplate(text, open);
      if (behind != std::string_view::npos) {
        open = behind;
        while (open < text.size() && isBlank(text[open])) ++open;
      }
    }
    if (open >= text.size() || (text[open] != '(' && text[open] != '{')) continue;
    if (name == "if" || name == "while" || name == "for" || name == "switch" || name == "return" ||
        name == "sizeof") {
      continue;
    }
    const std::size_t end = behindBracket(text, open);
    CallText call;
    call.name = std::string(name);
    call.column = start + 1;
    const std::size_t stop = end == std::string_view::npos ? text.size() : end - 1;
    call.end = stop + 1;
    call.arguments = splitArguments(text.substr(open + 1, stop - open - 1));

    std::size_t before = start;
    while (before > 0 && isBlank(text[before - 1])) --before;
    if (before >= 1 && text[before - 1] == '.') {
      call.object = objectBefore(text, before - 1);
    } else if (before >= 2 && text[before - 1] == '>' && text[before - 2] == '-') {
      call.object = objectBefore(text, before - 2);
    } else if (before < start && before > 0 && (isWord(text[before - 1]) || text[before - 1] == '>')) {
      std::size_t type_end = before;
      if (text[type_end - 1] == '>') {
        int depth = 0;
        while (type_end > 0) {
          --type_end;
          if (text[type_end] == '>') ++depth;
          if (text[type_end] == '<' && --depth == 0) break;
        }
      }
      std::size_t type_start = type_end;
      while (type_start > 0 && isWord(text[type_start - 1])) --type_start;
      call.type = std::string(text.substr(type_start, type_end - type_start));
      if (call.type == "return" || call.type == "else" || call.type == "case" || call.type == "co_await")
        call.type.clear();
    }
    out.push_back(std::move(call));
    i = std::max(i, open + 1);  // calls inside of the arguments are found, too
  }
  return out;
}

std::vector<std::string> lockedExpressions(std::string_view text, int column, bool condition) {
  const std::size_t first_line = std::min(text.find('\n'), text.size());
  std::vector<std::string> best;
  int best_score = 0;
  std::size_t best_distance = 0;
  for (const CallText& call : callsIn(text)) {
    std::vector<std::string> expressions;
    if (call.column > first_line) continue;
    const int score = judge(call, condition, expressions);
    if (score == 0) continue;
    const std::size_t distance = distanceTo(call, column);
    // A call at the column beats one that is surer but stands elsewhere on the line.
    const bool here = distance == 0 && column > 0;
    const bool best_here = best_distance == 0 && column > 0 && best_score > 0;
    const bool better =
        here != best_here ? here : score > best_score || (score == best_score && distance < best_distance);
    if (best_score == 0 || better) {
      best = std::move(expressions);
      best_score = score;
      best_distance = distance;
    }
  }
  return best;
}

std::string passedExpression(std::string_view text, std::string_view function, int parameter, int column) {
  std::string best;
  std::size_t best_distance = std::string_view::npos;
  for (const CallText& call : callsIn(text)) {
    if (call.column > std::min(text.find('\n'), text.size())) continue;
    if (call.name != function && call.type != function) continue;
    std::string expression;
    if (parameter < 0) {
      expression = call.object;
    } else if (static_cast<std::size_t>(parameter) < call.arguments.size()) {
      expression = call.arguments[static_cast<std::size_t>(parameter)];
    }
    const std::size_t distance = distanceTo(call, column);
    if (!expression.empty() && distance < best_distance) {
      best = std::move(expression);
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace gridlock::observe
