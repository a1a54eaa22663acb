// One HTML page without scripts and without anything from the network: findings with their places,
// steps and stacks, then tables of locks, critical sections, orders and shared state.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "analyzer/model/frames.h"
#include "analyzer/report/markup.h"
#include "analyzer/report/phrase.h"
#include "analyzer/report/source_lines.h"
#include "analyzer/report/writer.h"

namespace gridlock::report {
namespace {

using namespace gridlock::model;

constexpr std::string_view kPage =
#include "page_html.inc"
    ;

constexpr std::size_t kMostRows = 500;  // of a table
constexpr std::size_t kMostPlaces = 20;
constexpr int kContext = 2;  // source lines around a place

std::string code(std::string_view text) { return "<code>" + escaped(text) + "</code>"; }

// A sentence; what stands in it between back-ticks is code.
std::string sentence(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t begin = text.find('`');
    const std::size_t end = begin == std::string_view::npos ? begin : text.find('`', begin + 1);
    out += escaped(text.substr(0, end == std::string_view::npos ? end : begin));
    if (end == std::string_view::npos) return out;
    out += code(text.substr(begin + 1, end - begin - 1));
    text.remove_prefix(end + 1);
  }
}

std::string time(std::uint64_t ns) {
  char out[32];
  if (ns < 10000) {
    std::snprintf(out, sizeof out, "%llu ns", static_cast<unsigned long long>(ns));
  } else if (ns < 10000000) {
    std::snprintf(out, sizeof out, "%.1f µs", static_cast<double>(ns) / 1e3);
  } else {
    std::snprintf(out, sizeof out, "%.1f ms", static_cast<double>(ns) / 1e6);
  }
  return out;
}

class HtmlWriter {
 public:
  HtmlWriter(const Report& report, const WriteOptions& options)
      : report_(report), sources_(options.source_roots) {}

  std::string write() {
    out_ += "<h1>Gridlock report</h1>\n<p>" + escaped(countText(report_)) + "</p>\n";
    writeFindings();
    writeWaits();
    writeSections();
    writeOrders();
    writeState();
    writeRuns();
    std::string page(kPage);
    const std::size_t at = page.find("@BODY@");
    return page.replace(at, 6, out_);
  }

 private:
  std::string site(const std::optional<Id>& id) const {
    const Site* row = id ? byId(report_.sites, *id) : nullptr;
    if (!row) return {};
    const Frame frame = model::userFrame(framesOf(report_, *row));
    return escaped(placeText(frame.file, frame.line, 0));
  }

  void source(const std::string& file, int line) {
    if (!sources_.line(file, line)) return;
    out_ += "<pre>";
    for (int i = std::max(1, line - kContext); i <= line + kContext; ++i) {
      const std::optional<std::string> text = sources_.line(file, i);
      if (!text) continue;
      const std::string row = std::to_string(i) + "  " + escaped(*text);
      out_ += (i == line ? "<b>" + row + "</b>" : row) + "\n";
    }
    out_ += "</pre>\n";
  }

  void stack(Id id) {
    const Stack* row = byId(report_.stacks, id);
    if (!row) return;
    out_ += "<ul>";
    std::size_t shown = 0;
    for (const Frame& frame : framesOf(report_, *row)) {
      if (shown++ == 40) break;
      out_ += "<li>" + code(frame.function.empty() ? "?" : frame.function) + " <span class=\"at\">" +
              escaped(placeText(frame.file, frame.line, 0)) + "</span></li>";
    }
    out_ += "</ul>";
  }

  void writeFindings() {
    if (report_.findings.empty()) return;
    out_ += "<h2>Findings</h2>\n";
    for (const Finding& finding : report_.findings) {
      const std::string severity(text(finding.severity));
      out_ += "<details class=\"" + severity + " " + std::string(text(finding.status)) + "\"";
      if (finding.severity > Severity::Note && finding.status == model::Status::New) out_ += " open";
      out_ += "><summary><span class=\"rule\">" + code(info(finding.rule).id) +
              "</span><span class=\"sev\">" + severity + "</span> " + sentence(finding.message);
      if (finding.status != model::Status::New) out_ += " (" + std::string(text(finding.status)) + ")";
      out_ += "</summary>\n";
      if (!finding.reason.empty())
        out_ +=
            "<p><b>" + std::string(text(finding.confidence)) + ":</b> " + sentence(finding.reason) + "</p>\n";
      std::size_t shown = 0;
      for (const Location& place : finding.locations) {
        if (shown++ == kMostPlaces) break;
        out_ += "<div>" + code(placeText(place.file, place.line, place.column)) + " " + sentence(place.role);
        if (!place.function.empty()) out_ += " in " + code(place.function);
        out_ += "</div>\n";
        source(place.file, place.line);
      }
      const std::size_t more = finding.locations.size() - std::min(finding.locations.size(), kMostPlaces) +
                               static_cast<std::size_t>(std::max(0, finding.more_locations));
      if (more > 0) out_ += "<p>and " + std::to_string(more) + " more places</p>\n";
      if (!finding.steps.empty()) {
        out_ += "<p><b>How it comes about</b></p><ol>\n";
        const std::vector<std::string> story = storyTexts(report_, finding);
        for (std::size_t i = 0; i < finding.steps.size(); ++i) {
          const Step& step = finding.steps[i];
          const Frame frame = userFrame(report_, step);
          out_ += "<li>" + sentence(story[i]) + " <span class=\"at\">" +
                  escaped(placeText(frame.file, frame.line, 0)) + "</span>";
          if (step.stack) stack(*step.stack);
          out_ += "</li>\n";
        }
        out_ += "</ol>\n";
      }
      if (finding.coffman) {
        out_ += "<p><b>Why it can last</b></p><ul>";
        for (const std::string* line : {&finding.coffman->mutual_exclusion, &finding.coffman->hold_and_wait,
                                        &finding.coffman->no_preemption, &finding.coffman->circular_wait})
          if (!line->empty()) out_ += "<li>" + sentence(*line) + "</li>";
        out_ += "</ul>\n";
      }
      if (finding.fix && !finding.fix->message.empty())
        out_ += "<p><b>Fix:</b> " + sentence(finding.fix->message) + "</p>\n";
      out_ += "</details>\n";
    }
  }

  void writeWaits() {
    if (report_.wait_for.empty()) return;
    out_ += "<h2>Who waits for whom</h2>\n<ol>\n";
    std::size_t shown = 0;
    for (const Wait& wait : report_.wait_for) {
      if (shown++ == kMostRows) break;
      out_ += "<li>" + sentence(threadText(report_, wait.thread)) + " waits for " +
              code(lockName(report_, wait.for_lock));
      for (std::size_t i = 0; i < wait.held_by.size(); ++i)
        out_ += (i == 0     ? ", held by "
                 : wait.any ? " or "
                            : " and ") +
                sentence(threadText(report_, wait.held_by[i]));
      if (wait.since_ns) out_ += ", for " + time(*wait.since_ns);
      if (wait.stack) stack(*wait.stack);
      out_ += "</li>\n";
    }
    out_ += "</ol>\n";
  }

  void writeSections() {
    if (report_.critical_sections.empty()) return;
    std::vector<const CriticalSection*> rows;
    for (const CriticalSection& section : report_.critical_sections) rows.push_back(&section);
    // The ones that cost most waiting first.
    std::stable_sort(rows.begin(), rows.end(), [](const CriticalSection* a, const CriticalSection* b) {
      const auto cost = [](const CriticalSection* s) { return s->wait_ns ? s->wait_ns->total : 0; };
      return cost(a) > cost(b);
    });
    if (rows.size() > kMostRows) rows.resize(kMostRows);
    out_ +=
        "<h2>Critical sections</h2>\n<table><tr><th>lock</th><th>entered at</th><th>mode</th>"
        "<th class=\"n\">count</th><th class=\"n\">held</th><th class=\"n\">longest</th>"
        "<th class=\"n\">contended</th><th class=\"n\">waited</th></tr>\n";
    for (const CriticalSection* section : rows) {
      const char* about = section->estimated ? "~" : "";
      out_ += "<tr><td>" + code(lockName(report_, section->lock)) + "</td><td>" + site(section->enter) +
              "</td><td>" + std::string(text(section->mode)) + "</td><td class=\"n\">" +
              (section->count ? std::to_string(*section->count) : "") + "</td><td class=\"n\">" +
              (section->hold_ns ? about + time(section->hold_ns->total) : "") + "</td><td class=\"n\">" +
              (section->hold_ns ? time(section->hold_ns->max) : "") + "</td><td class=\"n\">" +
              (section->count ? std::to_string(section->contended) : "") + "</td><td class=\"n\">" +
              (section->wait_ns ? time(section->wait_ns->total) : "") + "</td></tr>\n";
    }
    out_ += "</table>\n";
  }

  void writeOrders() {
    if (report_.lock_order.empty()) return;
    out_ +=
        "<h2>Lock orders</h2>\n<table><tr><th>held</th><th>asked for</th><th class=\"n\">at least</th>"
        "<th>seen</th></tr>\n";
    std::size_t shown = 0;
    for (const OrderEdge& edge : report_.lock_order) {
      if (shown++ == kMostRows) break;
      out_ += "<tr><td>" + code(lockName(report_, edge.from)) + "</td><td>" +
              code(lockName(report_, edge.to)) + "</td><td class=\"n\">" + std::to_string(edge.count) +
              "</td><td>" + (edge.seen_runtime ? "at run time " : "") +
              (edge.seen_static ? "in the source" : "") + "</td></tr>\n";
    }
    out_ += "</table>\n";
    if (report_.harmless_cycles.empty()) return;
    out_ += "<p>Cycles that cannot happen:";
    for (const auto& [reason, count] : report_.harmless_cycles)
      out_ += " " + std::to_string(count) + " × " + escaped(reason) + ";";
    out_ += "</p>\n";
  }

  void writeState() {
    if (report_.shared_state.empty()) return;
    out_ +=
        "<h2>Shared state</h2>\n<table><tr><th>what</th><th>guard</th><th class=\"n\">guarded</th>"
        "<th class=\"n\">accesses</th><th>annotation</th></tr>\n";
    std::size_t shown = 0;
    for (const SharedState& state : report_.shared_state) {
      if (shown++ == kMostRows) break;
      out_ += "<tr><td>" + code(state.name) + "</td><td>" +
              (state.guard ? code(lockName(report_, *state.guard)) : std::string("none")) +
              "</td><td class=\"n\">" + std::to_string(state.guarded) + "</td><td class=\"n\">" +
              std::to_string(state.accesses) + "</td><td>" +
              (state.annotation.empty() ? std::string() : code(state.annotation)) + "</td></tr>\n";
    }
    out_ += "</table>\n";
  }

  void writeRuns() {
    if (report_.runs.empty()) return;
    out_ += "<h2>Runs</h2>\n<table><tr><th>kind</th><th>command</th><th>remarks</th></tr>\n";
    for (const Run& run : report_.runs) {
      std::string command;
      for (const std::string& word : run.command) command += (command.empty() ? "" : " ") + word;
      std::string remarks;
      const auto add = [&](const std::string& remark) {
        remarks += (remarks.empty() ? "" : "<br>") + escaped(remark);
      };
      if (!run.complete) add(incompleteText(run));
      for (const auto& [what, count] : run.dropped)
        if (count > 0) add("dropped: " + std::to_string(count) + " " + what);
      for (const std::string& note : run.notes) add(note);
      for (const FailedUnit& unit : run.failed_units)
        add("could not be analysed: " + unit.file + ": " + unit.error);
      out_ += "<tr><td>" + std::string(text(run.kind)) + "</td><td>" + code(command) + "</td><td>" + remarks +
              "</td></tr>\n";
    }
    out_ += "</table>\n";
  }

  const Report& report_;
  SourceLines sources_;
  std::string out_;
};

}  // namespace

std::string writeHtml(const Report& report, const WriteOptions& options) {
  return HtmlWriter(report, options).write();
}

}  // namespace gridlock::report
