// Parser of the expectation comments; see expect.h. The comparison is in expect_compare.cpp.
#include "tests/support/expect.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>
#include <string_view>

namespace gridlock::support {
namespace {

namespace fs = std::filesystem;

const std::set<std::string>& knownRules() {
  static const std::set<std::string> ids = {
#define GRIDLOCK_RULE(name, id, title, ...) id,
#include "analyzer/model/rules.def"
#undef GRIDLOCK_RULE
  };
  return ids;
}

const std::set<std::string>& knownLocks() {
  static const std::set<std::string> names = {
      "mutex",     "recursive",     "errorcheck", "adaptive",   "rwlock-write",       "spin",
      "std_mutex", "std_recursive", "std_timed",  "std_shared", "std_recursive_timed"};
  return names;
}

bool isSource(const fs::path& file) {
  std::string ending = file.extension();
  return ending == ".c" || ending == ".cpp" || ending == ".cc";
}

bool isHeader(const fs::path& file) {
  std::string ending = file.extension();
  return ending == ".h" || ending == ".hpp";
}

// Words separated by blanks; double quotes keep blanks together, also inside a word.
std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> list;
  std::string word;
  bool quoted = false;
  bool open = false;
  for (char c : text) {
    if (c == '"') {
      quoted = !quoted;
      open = true;
    } else if (!quoted && std::isspace(static_cast<unsigned char>(c))) {
      if (open) list.push_back(word);
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) list.push_back(word);
  return list;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  std::string part;
  while (std::getline(stream, part, separator)) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

struct FileComments {
  std::optional<std::vector<std::string>> header;  // words after "gridlock:"
  std::vector<Expectation> expectations;
};

// "expect-none", "also@+1": the start of an expectation, without the colon.
struct Keyword {
  Kind kind;
  int shift = 0;
};

std::optional<Kind> kindOf(std::string_view word) {
  if (word == "expect") return Kind::Expect;
  if (word == "expect-none") return Kind::None;
  if (word == "expect-false-alarm") return Kind::FalseAlarm;
  if (word == "expect-miss") return Kind::Miss;
  if (word == "also") return Kind::Also;
  return std::nullopt;
}

// nullopt: not an expectation; an error: meant as one and malformed.
std::optional<Result<Keyword>> keyword(const std::string& word) {
  bool colon = !word.empty() && word.back() == ':';
  std::string body = colon ? word.substr(0, word.size() - 1) : word;
  std::size_t at = body.find('@');
  std::string name = body.substr(0, at);
  std::optional<Kind> kind = kindOf(name);
  bool meant = (name.rfind("expect", 0) == 0 || name == "also") && (colon || at != std::string::npos);
  if (!kind) {
    if (meant) return Result<Keyword>(Error{"unknown expectation '" + name + "'"});
    return std::nullopt;
  }
  if (!colon) {
    // "expect" and "also" are words of ordinary comments too.
    if (name.find('-') == std::string::npos && at == std::string::npos) return std::nullopt;
    return Result<Keyword>(Error{"'" + word + "' needs a colon"});
  }
  Keyword result{*kind};
  if (at != std::string::npos) {
    std::string shift = body.substr(at + 1);
    bool good = shift.size() >= 2 && (shift[0] == '+' || shift[0] == '-') &&
                std::all_of(shift.begin() + 1, shift.end(), [](unsigned char c) { return std::isdigit(c); });
    if (!good) return Result<Keyword>(Error{"'" + word + "': after '@' comes +N or -N lines"});
    result.shift = std::stoi(shift);
  }
  return Result<Keyword>(result);
}

// Reads "RULE[,RULE…] [via=…] [severity=…] [lock=…]" from `position` on.
Status readRules(const std::vector<std::string>& list, std::size_t& position, const Expectation& pattern,
                 std::vector<Expectation>& out) {
  if (position == list.size()) return Error{"an expectation without a rule"};
  std::string rules = list[position++];
  while (rules.back() == ',' && position < list.size()) rules += list[position++];
  std::vector<std::string> names = split(rules, ',');
  Expectation one = pattern;
  while (position < list.size()) {
    const std::string& word = list[position];
    if (word == "via=static") {
      one.via = Engine::Static;
    } else if (word == "via=runtime") {
      one.via = Engine::Runtime;
    } else if (word.rfind("via=", 0) == 0) {
      return Error{"'" + word + "': via is static or runtime"};
    } else if (word.rfind("severity=", 0) == 0) {
      one.severity = word.substr(9);
      if (*one.severity != "error" && *one.severity != "warning" && *one.severity != "note")
        return Error{"'" + word + "': severity is error, warning or note"};
    } else if (word.rfind("lock=", 0) == 0) {
      one.lock = word.substr(5);
      if (!knownLocks().count(*one.lock)) return Error{"'" + word + "': no such lock type"};
    } else {
      break;
    }
    ++position;
  }
  if (names.empty()) return Error{"an expectation without a rule"};
  for (const std::string& name : names) {
    std::vector<std::string> alternatives = split(name, '|');
    for (const std::string& rule : alternatives) {
      if (!knownRules().count(rule)) return Error{"unknown rule '" + rule + "'"};
    }
    if (alternatives.empty()) return Error{"an expectation without a rule"};
    one.rule = alternatives.front();
    one.or_rules.assign(alternatives.begin() + 1, alternatives.end());
    out.push_back(one);
  }
  return ok();
}

Result<FileComments> readComments(const fs::path& file) {
  FileComments comments;
  std::ifstream stream(file);
  if (!stream) return Error{"cannot be read", file};
  std::string text;
  for (int line = 1; std::getline(stream, text); ++line) {
    std::size_t start = text.find("//");
    if (start == std::string::npos) continue;
    std::vector<std::string> list = words(std::string_view(text).substr(start + 2));
    auto place = [&] { return "line " + std::to_string(line); };
    std::size_t position = 0;
    if (!list.empty() && list[0] == "gridlock:") {
      if (line != 1) return Error{"the header line must be line 1", file, place()};
      comments.header.emplace();
      position = 1;
    }
    // Before the first expectation, words of a header line are its keys; elsewhere they are prose.
    // After it, only further expectations may follow, else a slip would pass unseen.
    bool expecting = false;
    while (position < list.size()) {
      std::optional<Result<Keyword>> word = keyword(list[position]);
      if (!word) {
        if (expecting) {
          if (list[position] == "--" || list[position][0] == '(') break;  // remark for the reader
          return Error{"'" + list[position] + "' after an expectation: put remarks after '--' or in brackets",
                       file, place()};
        }
        if (comments.header && line == 1) comments.header->push_back(list[position]);
        ++position;
        continue;
      }
      if (!*word) return Error{word->error().message, file, place()};
      expecting = true;
      Expectation pattern;
      pattern.kind = (**word).kind;
      pattern.file = file;
      pattern.line = line + (**word).shift;
      pattern.whole_case =
          line == 1 && (pattern.kind == Kind::None || pattern.kind == Kind::Also) && (**word).shift == 0;
      ++position;
      Status read = readRules(list, position, pattern, comments.expectations);
      if (!read) return Error{read.error().message, file, place()};
    }
  }
  return comments;
}

Status readHeader(const std::vector<std::string>& list, Scenario& scenario) {
  for (const std::string& word : list) {
    std::size_t equals = word.find('=');
    if (equals == std::string::npos) return Error{"'" + word + "' is not key=value"};
    std::string key = word.substr(0, equals);
    std::string value = word.substr(equals + 1);
    if (key == "mode") {
      for (const std::string& mode : split(value, ',')) {
        if (mode == "static") {
          scenario.modes.insert(Engine::Static);
        } else if (mode == "runtime") {
          scenario.modes.insert(Engine::Runtime);
        } else {
          return Error{"mode is static or runtime, not '" + mode + "'"};
        }
      }
    } else if (key == "args") {
      for (std::string& one : words(value)) scenario.args.push_back(std::move(one));
    } else if (key == "run-args") {
      scenario.run_args = words(value);
    } else if (key == "flags") {
      for (std::string& one : words(value)) scenario.flags.push_back(std::move(one));
    } else if (key == "libraries") {
      scenario.libraries = words(value);
    } else if (key == "locks") {
      scenario.locks = split(value, ',');
      for (const std::string& lock : scenario.locks) {
        if (!knownLocks().count(lock)) return Error{"no such lock type '" + lock + "'"};
      }
    } else if (key == "program") {
      std::size_t colon = value.find(':');
      if (colon == std::string::npos) return Error{"program is NAME:UNIT,UNIT, not '" + value + "'"};
      scenario.programs[value.substr(0, colon)] = split(value.substr(colon + 1), ',');
    } else if (key == "exit") {
      scenario.exit_code = std::atoi(value.c_str());
    } else if (key == "validate") {
      if (value != "none" && value != "tsan") return Error{"validate is tsan or none, not '" + value + "'"};
      scenario.validate = value == "tsan";
    } else {
      return Error{"unknown key '" + key + "'"};
    }
  }
  if (scenario.modes.empty()) return Error{"the header line names no mode"};
  return ok();
}

Status addFile(Scenario& scenario, const fs::path& file) {
  Result<FileComments> comments = readComments(file);
  if (!comments) return comments.error();
  if (comments->header) {
    if (!scenario.main_file.empty())
      return Error{"a second header line; the first is in " + scenario.main_file.string(), file, "line 1"};
    scenario.main_file = file;
    Status header = readHeader(*comments->header, scenario);
    if (!header) return Error{header.error().message, file, "line 1"};
  }
  for (Expectation& one : comments->expectations) scenario.expectations.push_back(std::move(one));
  (isHeader(file) ? scenario.headers : scenario.sources).push_back(file);
  return ok();
}

// A name says whether the program is right: the expectations must agree.
Status checkName(const Scenario& scenario) {
  auto endsWith = [&](std::string_view ending) {
    return scenario.name.size() >= ending.size() &&
           scenario.name.compare(scenario.name.size() - ending.size(), ending.size(), ending) == 0;
  };
  bool bad = endsWith("_bad");
  bool good = endsWith("_ok");
  if (!bad && !good) return Error{"the name must end in _bad or _ok", scenario.main_file};
  bool real =
      std::any_of(scenario.expectations.begin(), scenario.expectations.end(), [](const Expectation& e) {
        return (e.kind == Kind::Expect && e.severity != "note") || e.kind == Kind::Miss;
      });
  if (bad && !real) return Error{"a _bad scenario that expects nothing", scenario.main_file};
  if (good && real) return Error{"an _ok scenario that expects a defect", scenario.main_file};
  if (good && scenario.expectations.empty())
    return Error{"an _ok scenario must say which rule tempts (expect-none)", scenario.main_file};
  return ok();
}

Result<Scenario> finish(Scenario scenario, const fs::path& where) {
  if (scenario.main_file.empty()) return Error{"no header line '// gridlock: mode=…' on line 1", where};
  Status name = checkName(scenario);
  if (!name) return name.error();
  std::sort(scenario.sources.begin(), scenario.sources.end());
  std::sort(scenario.headers.begin(), scenario.headers.end());
  return scenario;
}

}  // namespace

const char* text(Engine engine) { return engine == Engine::Static ? "static" : "runtime"; }

const char* text(Kind kind) {
  switch (kind) {
    case Kind::Expect:
      return "expect";
    case Kind::None:
      return "expect-none";
    case Kind::FalseAlarm:
      return "expect-false-alarm";
    case Kind::Miss:
      return "expect-miss";
    case Kind::Also:
      return "also";
  }
  return "";
}

bool Expectation::names(const std::string& other) const {
  return rule == other || std::find(or_rules.begin(), or_rules.end(), other) != or_rules.end();
}

bool Expectation::appliesTo(Engine engine, const std::string& lock_type) const {
  return (!via || *via == engine) && (!lock || *lock == lock_type);
}

bool Scenario::countsNotes(const std::string& rule) const {
  if (std::find(args.begin(), args.end(), "--rule=" + rule) != args.end()) return true;
  return std::any_of(expectations.begin(), expectations.end(), [&](const Expectation& one) {
    return one.names(rule) && (one.kind == Kind::Expect || one.kind == Kind::FalseAlarm);
  });
}

Result<Scenario> readScenario(const fs::path& testdata, const fs::path& file) {
  Scenario scenario;
  scenario.name = fs::relative(file, testdata).replace_extension().string();
  scenario.directory = file.parent_path();
  Status read = addFile(scenario, file);
  if (!read) return read.error();
  return finish(std::move(scenario), file);
}

Result<Scenario> readProject(const fs::path& testdata, const fs::path& folder) {
  Scenario scenario;
  scenario.project = true;
  scenario.name = fs::relative(folder, testdata).string();
  scenario.directory = folder;
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && (isSource(entry.path()) || isHeader(entry.path())))
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    Status read = addFile(scenario, file);
    if (!read) return read.error();
  }
  return finish(std::move(scenario), folder);
}

Catalogue readCatalogue(const fs::path& testdata) {
  Catalogue catalogue;
  auto add = [&](Result<Scenario> scenario) {
    if (scenario) {
      catalogue.scenarios.push_back(std::move(*scenario));
    } else {
      catalogue.errors.push_back(scenario.error());
    }
  };
  for (const char* folder : {"deadlock", "race", "misuse"}) {
    if (!fs::exists(testdata / folder)) continue;
    for (const fs::directory_entry& entry : fs::directory_iterator(testdata / folder)) {
      if (entry.is_regular_file() && isSource(entry.path())) add(readScenario(testdata, entry.path()));
    }
  }
  if (fs::exists(testdata / "projects")) {
    for (const fs::directory_entry& entry : fs::directory_iterator(testdata / "projects")) {
      if (entry.is_directory()) add(readProject(testdata, entry.path()));
    }
  }
  std::sort(catalogue.scenarios.begin(), catalogue.scenarios.end(),
            [](const Scenario& a, const Scenario& b) { return a.name < b.name; });
  return catalogue;
}

}  // namespace gridlock::support
