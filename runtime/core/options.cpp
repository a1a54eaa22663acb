// Parses GRIDLOCK_OPTIONS. Runs before main at times, and inside strangers: no allocation, no getenv
// (which may be interposed), no failure.

#include "runtime/core/options.h"

#include <sys/auxv.h>
#include <unistd.h>

#include "runtime/base/print.h"
#include "runtime/core/speak.h"

namespace gridlock::runtime {
namespace {

struct Piece {
  const char* at;
  std::uint32_t length;

  bool is(const char* word) const {
    std::uint32_t i = 0;
    for (; i < length && word[i] != '\0'; ++i) {
      if (at[i] != word[i]) return false;
    }
    return i == length && word[i] == '\0';
  }
};

bool parse(Piece value, bool& out) {
  if (value.is("1") || value.is("true") || value.is("yes")) return out = true;
  if (value.is("0") || value.is("false") || value.is("no")) return !(out = false);
  return false;
}

bool parse(Piece value, std::uint32_t& out) {
  std::uint64_t number = 0;
  if (value.length == 0 || value.length > 9) return false;
  for (std::uint32_t i = 0; i < value.length; ++i) {
    if (value.at[i] < '0' || value.at[i] > '9') return false;
    number = number * 10 + static_cast<std::uint64_t>(value.at[i] - '0');
  }
  out = static_cast<std::uint32_t>(number);
  return true;
}

bool parse(Piece value, Options::Text& out) {
  if (value.length >= sizeof(out.text)) return false;
  for (std::uint32_t i = 0; i < value.length; ++i) out.text[i] = value.at[i];
  out.text[value.length] = '\0';
  return true;
}

bool parse(Piece value, OnDeadlock& out) {
  if (value.is("report")) {
    out = OnDeadlock::kReport;
  } else if (value.is("abort")) {
    out = OnDeadlock::kAbort;
  } else if (value.is("exit")) {
    out = OnDeadlock::kExit;
  } else {
    return false;
  }
  return true;
}

void complain(const char* what, Piece piece) {
  Line line;
  line << "GRIDLOCK_OPTIONS: " << what << " '";
  for (std::uint32_t i = 0; i < piece.length && i < 80; ++i) line.put(piece.at[i]);
  line << "' is ignored";
  say(line);
}

void set(Piece key, Piece value) {
#define OPTION(type, name, preset, help)                                 \
  if (key.is(#name)) {                                                   \
    if (!parse(value, options.name)) complain("value of " #name, value); \
    return;                                                              \
  }
#include "runtime/core/options.def"
#undef OPTION
  complain("unknown key", key);
}

bool isSeparator(char c) { return c == ':' || c == ',' || c == ' ' || c == '\t' || c == '\n'; }

}  // namespace

Options options;

bool isSecureExecution() { return getauxval(AT_SECURE) != 0; }

static const char* valueOf(const char* variable, const char* name) {
  while (*name != '\0' && *variable == *name) ++variable, ++name;
  return *name == '\0' && *variable == '=' ? variable + 1 : nullptr;
}

// A sanitizer's runtime calls hooks before libc has set environ: the kernel knows it already.
static const char* earlyEnvironment(const char* name) {
  constexpr std::size_t kRoom = 256 * 1024;
  static char* copy = nullptr;
  static long length = 0;
  if (copy == nullptr) {
    copy = static_cast<char*>(sys::map(kRoom));
    if (copy == nullptr) return nullptr;
    length = sys::readFile("/proc/self/environ", copy, kRoom);
  }
  for (long at = 0; at < length; ++at) {
    if (const char* value = valueOf(copy + at, name); value != nullptr) return value;
    while (at < length && copy[at] != '\0') ++at;
  }
  return nullptr;
}

const char* environment(const char* name) {
  if (isSecureExecution()) return nullptr;
  if (environ == nullptr) return earlyEnvironment(name);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (const char* value = valueOf(*variable, name); value != nullptr) return value;
  }
  return nullptr;
}

void readOptions() {
  const char* at = environment("GRIDLOCK_OPTIONS");
  if (at == nullptr) return;
  for (;;) {
    while (isSeparator(*at)) ++at;
    if (*at == '\0') break;
    Piece key{at, 0};
    while (*at != '\0' && *at != '=' && !isSeparator(*at)) ++at, ++key.length;
    if (*at != '=') {
      complain("malformed", key);
      continue;
    }
    ++at;
    const char quote = *at == '\'' || *at == '"' ? *at++ : '\0';
    Piece value{at, 0};
    while (*at != '\0' && (quote != '\0' ? *at != quote : !isSeparator(*at))) ++at, ++value.length;
    if (quote != '\0' && *at == quote) ++at;
    set(key, value);
  }
}

}  // namespace gridlock::runtime
