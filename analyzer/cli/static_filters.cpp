// See static_filters.h.
#include "analyzer/cli/static_filters.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <set>
#include <tuple>

#include "analyzer/cli/read_file.h"

namespace gridlock::cli {
namespace {

// "b/src/a.c\t2024-…" as "src/a.c".
std::string fileOfHeader(std::string_view line) {
  line = line.substr(0, line.find('\t'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  if (line.starts_with("b/")) line.remove_prefix(2);
  return std::string(line);
}

// "+12,3" of "@@ -10,2 +12,3 @@": first line and count.
bool parseRange(std::string_view line, int& first, int& count) {
  const std::size_t plus = line.find(" +");
  if (plus == std::string_view::npos) return false;
  const char* at = line.data() + plus + 2;
  const char* end = line.data() + line.size();
  auto [after, error] = std::from_chars(at, end, first);
  if (error != std::errc()) return false;
  count = 1;
  if (after != end && *after == ',') return std::from_chars(after + 1, end, count).ec == std::errc();
  return true;
}

}  // namespace

Result<DiffLines> parseDiff(std::string_view text, const std::string& name) {
  DiffLines out;
  std::string file;
  bool any_header = false;
  int line_number = 0, at = 0, left = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_number;
    if (left > 0 && !line.starts_with("diff ") && !line.starts_with("@@")) {
      if (line.starts_with("+")) {
        auto& ranges = out[file];
        if (!ranges.empty() && ranges.back().second == at - 1) {
          ranges.back().second = at;
        } else {
          ranges.emplace_back(at, at);
        }
      }
      if (!line.starts_with("-") && !line.starts_with("\\")) {
        ++at;
        --left;
      }
      continue;
    }
    if (line.starts_with("+++ ")) {
      file = fileOfHeader(line.substr(4));
      any_header = true;
    } else if (line.starts_with("@@ ")) {
      if (file.empty() || !parseRange(line, at, left))
        return Error{"this is no unified diff", name, "line " + std::to_string(line_number)};
    }
  }
  if (!any_header && line_number > 0) return Error{"this is no unified diff", name, "line 1"};
  return out;
}

std::vector<std::string> findMisfits(std::string_view text, const std::string& name,
                                     const std::string& root) {
  std::vector<std::string> out;
  std::string file;
  std::vector<std::string_view> lines;
  std::string content;
  bool known = false;  // this file is there, and nothing was wrong with it so far
  int line_number = 0, at = 0, left = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (left > 0 && !line.starts_with("diff ") && !line.starts_with("@@")) {
      if (line.starts_with("-") || line.starts_with("\\")) continue;
      const std::size_t index = static_cast<std::size_t>(at - 1);
      const std::string_view wanted = line.empty() ? line : line.substr(1);
      if (known && (at < 1 || index >= lines.size() || lines[index] != wanted)) {
        out.push_back(name + ": line " + std::to_string(line_number) + ": does not fit " + file + ":" +
                      std::to_string(at) + "; findings may be left out wrongly");
        known = false;
      }
      ++at;
      --left;
    } else if (line.starts_with("+++ ")) {
      file = fileOfHeader(line.substr(4));
      known = false;
      if (file == "/dev/null") continue;
      const Result<std::string> read = readFile(file.starts_with('/') ? file : root + "/" + file);
      if (!read) {
        out.push_back(name + ": line " + std::to_string(line_number) + ": there is no " + file + " in " +
                      root);
        continue;
      }
      known = true;
      content = *read;
      lines.clear();
      for (std::size_t start = 0; start < content.size();) {
        const std::size_t stop = std::min(content.find('\n', start), content.size());
        std::string_view row = std::string_view(content).substr(start, stop - start);
        if (row.ends_with('\r')) row.remove_suffix(1);
        lines.push_back(row);
        start = stop + 1;
      }
    } else if (line.starts_with("@@ ")) {
      parseRange(line, at, left);
    }
  }
  return out;
}

std::vector<SwitchedOff> collectNolints(const std::vector<facts::Unit>& units) {
  std::vector<SwitchedOff> out;
  std::set<std::tuple<std::string, int, int, std::vector<std::string>>> seen;
  for (const facts::Unit& unit : units) {
    for (const facts::Nolint& row : unit.nolints) {
      if (row.file == facts::kNoIndex) continue;
      SwitchedOff comment;
      comment.file = unit.strings[unit.files[row.file].path];
      comment.first = static_cast<int>(row.first_line);
      comment.last = static_cast<int>(std::min<std::uint32_t>(row.last_line, 1u << 30));
      for (const facts::StringId rule : row.rules) comment.rules.push_back(unit.strings[rule]);
      if (seen.emplace(comment.file, comment.first, comment.last, comment.rules).second)
        out.push_back(std::move(comment));
    }
  }
  return out;
}

void keepRules(model::Report& report, const std::vector<model::Rule>& rules) {
  if (rules.empty()) return;
  std::erase_if(report.findings, [&rules](const model::Finding& finding) {
    return std::find(rules.begin(), rules.end(), finding.rule) == rules.end();
  });
}

void applyNolints(model::Report& report, const std::vector<SwitchedOff>& switched_off) {
  if (switched_off.empty()) return;
  for (model::Finding& finding : report.findings) {
    const std::string_view id = model::info(finding.rule).id;
    const std::size_t sides = std::min<std::size_t>(2, finding.locations.size());
    for (std::size_t at = 0; at < sides; ++at) {
      const model::Location& location = finding.locations[at];
      const bool off = std::any_of(switched_off.begin(), switched_off.end(), [&](const SwitchedOff& comment) {
        return comment.file == location.file && comment.first <= location.line &&
               location.line <= comment.last &&
               (comment.rules.empty() ||
                std::find(comment.rules.begin(), comment.rules.end(), id) != comment.rules.end());
      });
      if (off) finding.status = model::Status::Suppressed;
    }
  }
}

void keepTouched(model::Report& report, const DiffLines& diff) {
  std::erase_if(report.findings, [&diff](const model::Finding& finding) {
    return std::none_of(
        finding.locations.begin(), finding.locations.end(), [&diff](const model::Location& location) {
          const auto file = diff.find(location.file);
          return file != diff.end() &&
                 std::any_of(file->second.begin(), file->second.end(), [&](const auto& range) {
                   return range.first <= location.line && location.line <= range.second;
                 });
        });
  });
}

void describeRun(model::Run& run, const Invocation& invocation,
                 std::chrono::system_clock::time_point started) {
  if (run.command.empty()) {
    run.command = {"gridlock"};
    run.command.insert(run.command.end(), invocation.given.begin(), invocation.given.end());
  }
  const std::time_t seconds = std::chrono::system_clock::to_time_t(started);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  run.started = text;
  run.seconds = std::chrono::duration<double>(std::chrono::system_clock::now() - started).count();
}

}  // namespace gridlock::cli
