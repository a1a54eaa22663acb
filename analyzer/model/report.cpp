// The words of the model's enumerations, as they stand in the JSON.
#include "analyzer/model/report.h"

#include <array>
#include <cassert>
#include <cstddef>

namespace gridlock::model {
namespace {

constexpr std::array<std::string_view, 4> kRunKinds = {"runtime", "static", "attach", "core"};
constexpr std::array<std::string_view, 15> kLockKinds = {
    "mutex",     "recursive-mutex", "rwlock", "spinlock",     "semaphore",
    "condition", "barrier",         "once",   "static-guard", "file",
    "pipe",      "thread",          "loader", "gil",          "custom"};
constexpr std::array<std::string_view, 2> kModes = {"exclusive", "shared"};
constexpr std::array<std::string_view, 3> kRequests = {"blocking", "try", "timed"};

template <typename Enum, std::size_t N>
std::string_view name(const std::array<std::string_view, N>& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  assert(index < N);
  return names[index];
}

template <typename Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

std::string_view toolVersion() { return GRIDLOCK_VERSION; }

std::string_view text(RunKind kind) { return name(kRunKinds, kind); }
std::string_view text(LockKind kind) { return name(kLockKinds, kind); }
std::string_view text(Mode mode) { return name(kModes, mode); }
std::string_view text(RequestKind kind) { return name(kRequests, kind); }

std::optional<RunKind> runKindFromText(std::string_view text) { return find<RunKind>(kRunKinds, text); }
std::optional<LockKind> lockKindFromText(std::string_view text) { return find<LockKind>(kLockKinds, text); }
std::optional<Mode> modeFromText(std::string_view text) { return find<Mode>(kModes, text); }
std::optional<RequestKind> requestKindFromText(std::string_view text) {
  return find<RequestKind>(kRequests, text);
}

}  // namespace gridlock::model
