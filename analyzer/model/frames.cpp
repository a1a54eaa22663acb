// Stacks as people see them; see frames.h.
#include "analyzer/model/frames.h"

#include <array>
#include <string_view>

namespace gridlock::model {
namespace {

bool startsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}
bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
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
  constexpr std::array<std::string_view, 6> kFolders = {"/usr/include/", "/usr/lib/", "./nptl/",
                                                        "./stdlib/",     "./misc/",   "../sysdeps/"};
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

}  // namespace gridlock::model
