// The report for people at a terminal. The first line of each finding has the form of a compiler's
// warning, so that editors and problem matchers find the place; what a person needs to believe and
// mend it follows. Notes get their sentence and places only.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/model/frames.h"
#include "analyzer/report/phrase.h"
#include "analyzer/report/source_lines.h"
#include "analyzer/report/writer.h"

namespace gridlock::report {
namespace {

using namespace gridlock::model;

constexpr std::size_t kMostColumns = 160;
constexpr std::size_t kMostPlaces = 8;   // quoted per finding
constexpr std::size_t kMostFrames = 12;  // per stack
constexpr std::size_t kMostWaits = 64;

std::string durationText(std::uint64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, ns >= 1000000000 ? "%.1f s" : "%.1f ms",
                static_cast<double>(ns) / (ns >= 1000000000 ? 1e9 : 1e6));
  return text;
}

class TextWriter {
 public:
  TextWriter(const Report& report, const WriteOptions& options)
      : report_(report), options_(options), sources_(options.source_roots) {}

  std::string write() {
    for (const Finding& finding : report_.findings)
      if (finding.status == model::Status::New) writeFinding(finding);
    writeWaits();
    writeRuns();
    writeSummary();
    return std::move(out_);
  }

 private:
  enum Style { kPlain, kBold, kRed, kMagenta, kCyan, kGreen, kDim };

  std::string styled(Style style, const std::string& text) const {
    static constexpr const char* kCodes[] = {"",           "\x1b[1m",    "\x1b[1;31m", "\x1b[1;35m",
                                             "\x1b[1;36m", "\x1b[1;32m", "\x1b[2m"};
    if (!options_.color || style == kPlain || text.empty()) return text;
    return kCodes[style] + text + "\x1b[0m";
  }

  std::string severityText(Severity severity) const {
    const Style style = severity == Severity::Error ? kRed : severity == Severity::Warning ? kMagenta : kCyan;
    return styled(style, std::string(text(severity)) + ":");
  }

  // The source line with a caret under the column.
  void quote(const std::string& file, int line, int column) {
    const std::optional<std::string> source = sources_.line(file, line);
    if (!source) return;
    std::string text;
    std::size_t caret = 0;
    for (std::size_t i = 0; i < source->size() && text.size() < kMostColumns; ++i) {
      if (column > 0 && i + 1 == static_cast<std::size_t>(column)) caret = text.size();
      if ((*source)[i] == '\t') {
        text.append(8 - text.size() % 8, ' ');
      } else {
        text += (*source)[i];
      }
    }
    if (column <= 0) {
      caret = text.find_first_not_of(' ');
      if (caret == std::string::npos) return;
    }
    std::string number = std::to_string(line);
    number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
    out_ += number + " | " + printable(text) + "\n";
    out_ += std::string(number.size(), ' ') + " | " + std::string(caret, ' ') + styled(kGreen, "^") + "\n";
  }

  void writeFinding(const Finding& finding) {
    const Location none;
    const Location& first = finding.locations.empty() ? none : finding.locations.front();
    const std::string place = placeText(first.file, first.line, first.column);
    out_ += styled(kBold, (place.empty() ? std::string("gridlock") : place) + ":") + " " +
            severityText(finding.severity) + " " + styled(kBold, printable(finding.message)) + " [" +
            std::string(info(finding.rule).id) + "]\n";
    std::size_t shown = 0;
    for (const Location& location : finding.locations) {
      if (shown == kMostPlaces) break;
      if (shown++ > 0) {
        const std::string at = placeText(location.file, location.line, location.column);
        out_ += "  " + (at.empty() ? std::string() : at + ": ") + printable(location.role);
        if (!location.function.empty()) out_ += " in " + printable(location.function);
        out_ += "\n";
      } else if (!location.role.empty()) {
        out_ += "  " + printable(location.role);
        if (!location.function.empty()) out_ += " in " + printable(location.function);
        out_ += "\n";
      }
      quote(location.file, location.line, location.column);
    }
    const std::size_t more =
        finding.locations.size() - shown + static_cast<std::size_t>(std::max(0, finding.more_locations));
    if (more > 0) out_ += "  and " + std::to_string(more) + " more places\n";
    if (finding.severity != Severity::Note && !options_.summary_only) writeStory(finding);
    if (!finding.reason.empty())
      out_ += styled(kDim, "  " + std::string(text(finding.confidence)) + ": ") + printable(finding.reason) +
              "\n";
    if (finding.fix && !finding.fix->message.empty())
      out_ += styled(kDim, "  fix: ") + printable(finding.fix->message) + "\n";
    out_ += "\n";
  }

  void writeStory(const Finding& finding) {
    if (finding.steps.empty()) return;
    for (const Step& step : finding.steps)
      if (step.thread) told_.insert(*step.thread);
    out_ += styled(kDim, "  how it comes about:") + "\n";
    const std::vector<std::string> story = storyTexts(report_, finding);
    for (std::size_t i = 0; i < finding.steps.size(); ++i) {
      const Step& step = finding.steps[i];
      const Frame frame = userFrame(report_, step);
      out_ += "    " + std::to_string(i + 1) + ". " + story[i];
      const std::string place = placeText(frame.file, frame.line, frame.column);
      if (!place.empty()) out_ += " at " + place;
      out_ += "\n";
      if (step.stack) writeStack(*step.stack);
    }
  }

  // Frames of libraries tell a user nothing: what starts threads and calls callables, the lock's own
  // code. They are in the JSON. A stack of nothing else is shown as it is.
  void writeStack(Id id) {
    const Stack* stack = byId(report_.stacks, id);
    if (!stack) return;
    std::vector<Frame> frames = framesOf(report_, *stack);
    std::vector<Frame> own;
    for (const Frame& frame : frames)
      if (!inLibrary(frame) && !frame.file.empty()) own.push_back(frame);
    if (!own.empty()) frames = std::move(own);
    if (frames.size() == 1 && !frames.front().file.empty()) {  // its place is in the line above
      if (!frames.front().function.empty()) out_ += "       in " + printable(frames.front().function) + "\n";
      return;
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
      if (i == kMostFrames) {
        out_ += "       …\n";
        break;
      }
      const Frame& frame = frames[i];
      const std::string place = placeText(frame.file, frame.line, frame.column);
      out_ += "       " + styled(kDim, "#" + std::to_string(i)) + " " +
              (frame.function.empty() ? std::string("?") : printable(frame.function)) +
              (place.empty() ? std::string() : " " + place) + "\n";
    }
  }

  void writeWaits() {
    if (report_.wait_for.empty()) return;
    out_ += styled(kBold, "Who waits for whom") + "\n";
    std::size_t shown = 0;
    for (const Wait& wait : report_.wait_for) {
      if (shown++ == kMostWaits) {
        out_ += "  and " + std::to_string(report_.wait_for.size() - kMostWaits) + " more\n";
        break;
      }
      out_ += "  " + threadText(report_, wait.thread) + " waits for `" +
              printable(lockName(report_, wait.for_lock)) + "`";
      for (std::size_t i = 0; i < wait.held_by.size(); ++i)
        out_ += (i == 0 ? ", held by " : wait.any ? " or " : " and ") + threadText(report_, wait.held_by[i]);
      if (wait.since_ns) out_ += ", for " + durationText(*wait.since_ns);
      if (wait.timed) out_ += ", with a time limit";
      const bool told = told_.count(wait.thread) > 0;  // its stack is in a finding above
      if (told && wait.stack)
        if (const Stack* stack = byId(report_.stacks, *wait.stack)) {
          const Frame frame = userFrame(framesOf(report_, *stack));
          const std::string place = placeText(frame.file, frame.line, frame.column);
          if (!place.empty()) out_ += ", at " + place;
        }
      out_ += "\n";
      if (!told && wait.stack) writeStack(*wait.stack);
    }
    out_ += "\n";
  }

  // What the figures do not show: what was not covered or not complete.
  void writeRuns() {
    for (const Run& run : report_.runs) {
      const auto say = [&](const std::string& text) {
        out_ += "gridlock: ";
        if (report_.runs.size() > 1) out_ += "run " + std::to_string(run.id) + ": ";
        out_ += printable(text) + "\n";
      };
      if (!run.complete) say(incompleteText(run));
      for (const auto& [what, count] : run.dropped)
        if (count > 0) say("dropped: " + std::to_string(count) + " " + what);
      for (const std::string& note : run.notes) say(note);
      for (const FailedUnit& unit : run.failed_units)
        say("could not be analysed: " + unit.file + ": " + unit.error);
    }
  }

  void writeSummary() {
    out_ += "gridlock: " + countText(report_);
    std::uint64_t harmless = 0;
    std::string reasons;
    for (const auto& [reason, count] : report_.harmless_cycles) {
      harmless += count;
      reasons += (reasons.empty() ? "" : ", ") + std::to_string(count) + " " + printable(reason);
    }
    if (harmless > 0)
      out_ += "; " + std::to_string(harmless) + (harmless == 1 ? " cycle" : " cycles") + " found harmless (" +
              reasons + ")";
    out_ += "\n";
  }

  const Report& report_;
  const WriteOptions& options_;
  SourceLines sources_;
  std::set<Id> told_;  // threads whose stacks were shown
  std::string out_;
};

}  // namespace

std::string writeText(const Report& report, const WriteOptions& options) {
  return TextWriter(report, options).write();
}

}  // namespace gridlock::report
