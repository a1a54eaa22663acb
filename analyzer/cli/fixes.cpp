// See fixes.h.
#include "analyzer/cli/fixes.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <tuple>

#include "analyzer/cli/read_file.h"
#include "analyzer/facts/hash.h"

namespace gridlock::cli {
namespace {

std::string pathOf(const std::string& file, const std::string& root) {
  return file.starts_with('/') ? file : root + "/" + file;
}

// The offset of a line and column, both from 1.
std::optional<std::size_t> offsetOf(const std::string& text, int line, int column) {
  std::size_t at = 0;
  for (int passed = 1; passed < line; ++passed) {
    at = text.find('\n', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  at += static_cast<std::size_t>(std::max(column, 1) - 1);
  return at <= text.size() ? std::optional(at) : std::nullopt;
}

bool isWord(char character) {
  return std::isalnum(static_cast<unsigned char>(character)) || character == '_';
}

bool hasWord(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !isWord(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !isWord(text[at + word.size()]);
    if (starts && ends) return true;
  }
  return false;
}

// The end of the code before `at`: space and lines of comment are passed over.
std::size_t codeBefore(const std::string& text, std::size_t at) {
  while (at > 0) {
    if (std::isspace(static_cast<unsigned char>(text[at - 1]))) {
      --at;
      continue;
    }
    const std::size_t newline = text.rfind('\n', at - 1);
    const std::size_t line = newline == std::string::npos ? 0 : newline + 1;
    const std::size_t first = text.find_first_not_of(" \t", line);
    if (text.compare(first, 2, "//") != 0) break;
    at = first;
  }
  return at;
}

bool isOfType(char character) {
  return isWord(character) || std::string_view(":<>, *&").find(character) != std::string_view::npos;
}

// `std::lock_guard<std::mutex>(m);` as a statement of its own: where the name belongs.
std::optional<std::size_t> nameBelongsAt(const std::string& text, std::size_t start) {
  // A declaration, as the compiler reads it, is found at the name in the parentheses.
  if (start > 0 && text[start - 1] == '(') {
    --start;
    while (start > 0 && isOfType(text[start - 1])) --start;
    while (start < text.size() && text[start] == ' ') ++start;
  }
  const std::size_t before = codeBefore(text, start);
  if (before > 0 && text[before - 1] != ';' && text[before - 1] != '{' && text[before - 1] != '}')
    return std::nullopt;
  std::size_t at = start;
  for (int angles = 0; at < text.size(); ++at) {
    const char character = text[at];
    if (character == '<') ++angles;
    if (character == '>') --angles;
    if (angles == 0 && (character == '(' || character == '{')) break;
    if (!isOfType(character)) return std::nullopt;
  }
  if (at == start || at >= text.size()) return std::nullopt;
  // Up to the statement's end there is nothing but the arguments.
  int depth = 0;
  std::size_t end = at;
  for (; end < text.size(); ++end) {
    if (text[end] == '(' || text[end] == '{') ++depth;
    if ((text[end] == ')' || text[end] == '}') && --depth == 0) break;
    if (text[end] == '"' || text[end] == ';') return std::nullopt;
  }
  const std::size_t semicolon = text.find_first_not_of(" \t\n", end + 1);
  if (end >= text.size() || semicolon == std::string::npos || text[semicolon] != ';') return std::nullopt;
  while (at > start && text[at - 1] == ' ') --at;
  return at;
}

void nameGuard(model::Finding& finding, const std::string& root) {
  if (finding.locations.empty() || finding.locations[0].line <= 0) return;
  const model::Location& place = finding.locations[0];
  Result<std::string> text = readFile(pathOf(place.file, root));
  if (!text) return;
  const std::optional<std::size_t> start = offsetOf(*text, place.line, place.column);
  const std::optional<std::size_t> at = start ? nameBelongsAt(*text, *start) : std::nullopt;
  if (!at) return;
  std::string name = "guard";
  for (int number = 2; hasWord(*text, name); ++number) name = "guard" + std::to_string(number);
  if (!finding.fix) finding.fix.emplace();
  if (finding.fix->message.empty())
    finding.fix->message = "Give the guard a name, so that it lives to the end of the block.";
  finding.fix->edits.push_back({place.file, static_cast<std::uint32_t>(*at), 0, " " + name});
}

std::string yamlText(std::string_view text) {
  std::string out = "\"";
  for (const char character : text) {
    if (character == '\n') {
      out += "\\n";
    } else if (character == '\t') {
      out += "\\t";
    } else {
      if (character == '"' || character == '\\') out += '\\';
      out += character;
    }
  }
  return out + "\"";
}

Status writeWhole(const std::string& file, const std::string& text) {
  struct stat status{};
  const bool known = stat(file.c_str(), &status) == 0;
  // A link stays a link.
  std::error_code error;
  const std::string target = std::filesystem::weakly_canonical(file, error).string();
  const std::string draft = target + ".gridlock" + std::to_string(getpid());
  std::ofstream out(draft, std::ios::binary);
  out << text;
  out.close();
  const bool written = static_cast<bool>(out) &&
                       (!known || chmod(draft.c_str(), status.st_mode & 07777) == 0) &&
                       rename(draft.c_str(), target.c_str()) == 0;
  if (written) return ok();
  unlink(draft.c_str());
  return Error{"cannot be written", file};
}

struct ByPlace {
  bool operator()(const model::Edit& a, const model::Edit& b) const {
    return std::tie(a.offset, a.length, a.replacement) < std::tie(b.offset, b.length, b.replacement);
  }
};

bool sameEdits(const std::vector<model::Edit>& a, const std::vector<model::Edit>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const model::Edit& x, const model::Edit& y) {
    return std::tie(x.file, x.offset, x.length, x.replacement) ==
           std::tie(y.file, y.offset, y.length, y.replacement);
  });
}

// Whether both can be made: they are the same, or apart.
bool agree(const model::Edit& a, const model::Edit& b) {
  if (a.offset == b.offset && a.length == b.length) return a.replacement == b.replacement;
  const model::Edit &first = a.offset <= b.offset ? a : b, &second = a.offset <= b.offset ? b : a;
  return first.offset + first.length <= second.offset;
}

}  // namespace

void addTextFixes(model::Report& report, const std::string& root) {
  for (model::Finding& finding : report.findings)
    if (finding.rule == model::Rule::UnusedGuard && (!finding.fix || finding.fix->edits.empty()))
      nameGuard(finding, root);
}

FixSet collectFixes(const model::Report& report, bool with_proposals) {
  FixSet out;
  for (const model::Finding& finding : report.findings) {
    if (finding.status != model::Status::New || !finding.fix || finding.fix->edits.empty()) continue;
    FixSet::Diagnostic row;
    row.name = "gridlock-" + std::string(model::info(finding.rule).id);
    row.level = finding.severity == model::Severity::Error     ? "Error"
                : finding.severity == model::Severity::Warning ? "Warning"
                                                               : "Remark";
    row.message = finding.message + ". " + finding.fix->message;
    if (!finding.locations.empty()) row.location = finding.locations.front();
    row.edits = finding.fix->edits;
    out.diagnostics.push_back(std::move(row));
  }
  if (!with_proposals) return out;
  for (const model::SharedState& state : report.shared_state) {
    if (!state.fix || state.fix->edits.empty()) continue;
    FixSet::Diagnostic row;
    row.name = "gridlock-guarded-by";
    row.level = "Remark";
    row.message = state.fix->message + " " + std::to_string(state.guarded) + " of " +
                  std::to_string(state.accesses) +
                  (state.accesses == 1 ? " access holds" : " accesses hold") + " the lock.";
    if (state.declared)
      if (const model::Site* site = model::byId(report.sites, *state.declared)) {
        row.location.file = site->file;
        row.location.line = site->line;
        row.location.column = site->column;
      }
    row.edits = state.fix->edits;
    const bool in_finding =
        std::any_of(out.diagnostics.begin(), out.diagnostics.end(),
                    [&](const FixSet::Diagnostic& other) { return sameEdits(other.edits, row.edits); });
    if (in_finding) continue;
    out.diagnostics.push_back(std::move(row));
  }
  return out;
}

std::string fixesAsYaml(const FixSet& fixes, const std::string& root) {
  std::string out = "---\nMainSourceFile:  ''\nDiagnostics:";
  if (fixes.diagnostics.empty()) out += "     []";
  out += "\n";
  // What several fixes need (macros) is given with the first.
  std::set<std::tuple<std::string, std::uint32_t, std::uint32_t, std::string>> given;
  for (const FixSet::Diagnostic& row : fixes.diagnostics) {
    const std::string path = pathOf(row.location.file, root);
    std::size_t offset = 0;
    if (const Result<std::string> text = readFile(path))
      offset = offsetOf(*text, row.location.line, row.location.column).value_or(0);
    out += "  - DiagnosticName:  " + row.name +
           "\n    DiagnosticMessage:\n      Message:         " + yamlText(row.message) +
           "\n      FilePath:        " + yamlText(path) +
           "\n      FileOffset:      " + std::to_string(offset) + "\n      Replacements:\n";
    for (const model::Edit& edit : row.edits) {
      if (!given.emplace(edit.file, edit.offset, edit.length, edit.replacement).second) continue;
      out += "        - FilePath:        " + yamlText(pathOf(edit.file, root)) +
             "\n          Offset:          " + std::to_string(edit.offset) +
             "\n          Length:          " + std::to_string(edit.length) +
             "\n          ReplacementText: " + yamlText(edit.replacement) + "\n";
    }
    out += "    Level:           " + row.level + "\n    BuildDirectory:  " + yamlText(root) + "\n";
  }
  return out + "...\n";
}

Result<Applied> applyFixes(const FixSet& fixes, const std::string& root, const FileHashes& hashes) {
  Applied out;
  std::map<std::string, std::set<model::Edit, ByPlace>> edits;  // by path
  std::map<std::string, std::string> texts;
  std::set<std::string> refused;
  const auto textOf = [&](const std::string& file) -> const std::string* {
    const std::string path = pathOf(file, root);
    if (const auto known = texts.find(path); known != texts.end()) return &known->second;
    if (refused.count(path)) return nullptr;
    Result<std::string> text = readFile(path);
    const auto hash = hashes.find(file);
    std::string why;
    if (!text) {
      why = text.error().message;
    } else if (hash == hashes.end() || facts::hashOf(*text) != hash->second) {
      why = "has changed since its facts were extracted";
    }
    if (!why.empty()) {
      refused.insert(path);
      out.left_out.push_back(file + ": " + why + "; it is not fixed");
      return nullptr;
    }
    return &texts.emplace(path, std::move(*text)).first->second;
  };
  for (const FixSet::Diagnostic& row : fixes.diagnostics) {
    bool possible = true;
    for (const model::Edit& edit : row.edits) {
      const std::string* text = textOf(edit.file);
      const std::size_t end = std::size_t{edit.offset} + edit.length;
      if (!text || end > text->size()) {
        possible = false;
        break;
      }
      for (const model::Edit& other : edits[pathOf(edit.file, root)]) {
        if (agree(edit, other)) continue;
        possible = false;
        out.left_out.push_back(row.location.file + ":" + std::to_string(row.location.line) +
                               ": its fix does not agree with another one; run again");
        break;
      }
      if (!possible) break;
    }
    if (!possible) continue;
    bool is_new = false;
    for (const model::Edit& edit : row.edits) is_new |= edits[pathOf(edit.file, root)].insert(edit).second;
    out.fixes += is_new;
  }
  for (const auto& [path, list] : edits) {
    if (list.empty()) continue;
    std::string text = texts.at(path);
    for (auto edit = list.rbegin(); edit != list.rend(); ++edit)
      text.replace(edit->offset, edit->length, edit->replacement);
    if (const Status written = writeWhole(path, text); !written) return written.error();
    ++out.files;
  }
  return out;
}

}  // namespace gridlock::cli
