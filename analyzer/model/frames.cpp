// Stacks as people see them; see frames.h.
#include "analyzer/model/frames.h"

#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

#include "analyzer/model/names.h"

namespace gridlock::model {
namespace {

bool startsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}
bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Whether the function does nothing but take a lock for its caller, as far as its name tells: a
// method called lock, or the constructor of a guard.
bool isLockWrapper(const std::string& function) {
  const std::string name = stableName(function);
  const std::size_t last = name.rfind("::");
  if (last == std::string::npos) {
    // Most free functions are somebody's code; those of a lock made in C are called so: lock, spin_lock.
    constexpr std::array<std::string_view, 8> kEnds = {"lock",   "acquire",  "lock_shared", "rdlock",
                                                       "wrlock", "readlock", "writelock",   "trylock"};
    const std::string free = lower(name);
    for (std::string_view end : kEnds)
      if (free == end || (free.size() > end.size() && free.ends_with("_" + std::string(end)))) return true;
    return false;
  }
  const std::string method = lower(std::string_view(name).substr(last + 2));
  constexpr std::array<std::string_view, 16> kMethods = {
      "lock",       "lock_shared", "acquire",    "acquire_shared", "try_lock", "trylock",
      "rdlock",     "wrlock",      "readlock",   "writelock",      "lockread", "lockwrite",
      "readerlock", "writerlock",  "lock_guard", "enter"};
  for (std::string_view known : kMethods)
    if (method == known) return true;
  const std::size_t before = last == 0 ? std::string::npos : name.rfind("::", last - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 2;
  const std::string type = lower(std::string_view(name).substr(begin, last - begin));
  return type == method && (contains(type, "lock") || contains(type, "guard") || contains(type, "mutex"));
}

}  // namespace

std::vector<Frame> framesOf(const Report&, const Site& site) {
  std::vector<Frame> frames = {{site.file, site.line, site.column, site.function}};
  frames.insert(frames.end(), site.inlined.begin(), site.inlined.end());
  return frames;
}

std::vector<Frame> framesOf(const Report& report, const Stack& stack) {
  std::vector<Frame> frames;
  for (Id id : stack.frames) {
    const Site* site = byId(report.sites, id);
    if (!site) continue;
    const std::vector<Frame> unfolded = framesOf(report, *site);
    frames.insert(frames.end(), unfolded.begin(), unfolded.end());
  }
  return frames;
}

bool inLibrary(const Frame& frame) {
  constexpr std::array<std::string_view, 8> kFunctions = {
      "std::", "__gnu_cxx::", "__gthread", "pthread_", "__pthread", "mtx_", "void std::", "boost::"};
  for (std::string_view start : kFunctions)
    if (startsWith(frame.function, start)) return true;
  constexpr std::array<std::string_view, 9> kFolders = {"/usr/include/", "/usr/lib/", "./nptl/",
                                                        "./stdlib/",     "./misc/",   "../sysdeps/",
                                                        "nptl/",         "sysdeps/",  "csu/"};
  for (std::string_view start : kFolders)
    if (startsWith(frame.file, start)) return true;
  return contains(frame.file, "/include/c++/") || contains(frame.file, "/bits/");
}

Frame userFrame(const std::vector<Frame>& frames) {
  for (const Frame& frame : frames)
    if (!frame.file.empty() && !inLibrary(frame)) return frame;
  for (const Frame& frame : frames)
    if (!frame.file.empty()) return frame;
  return frames.empty() ? Frame{} : frames.front();
}

Acquisition acquisitionOf(const std::vector<Frame>& frames) {
  const Frame first = userFrame(frames);
  for (const Frame& frame : frames) {
    if (frame.file.empty() || inLibrary(frame) || isLockWrapper(frame.function)) continue;
    if (frame.file == first.file && frame.line == first.line && frame.function == first.function) break;
    return {frame, first};
  }
  return {first, std::nullopt};
}

}  // namespace gridlock::model
