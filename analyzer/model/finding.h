// A finding: one defect, with what a person needs to believe it and to mend it.
//
// The vocabulary here (rules, severity, confidence, roles) is the contract of the report. Severity
// follows confidence; use `severityFor`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridlock::model {

using Id = std::uint32_t;

enum class Rule : std::uint8_t {
#define GRIDLOCK_RULE(name, id, title, ...) name,
#include "analyzer/model/rules.def"
#undef GRIDLOCK_RULE
};

enum class Severity : std::uint8_t { Note, Warning, Error };        // ordered
enum class Confidence : std::uint8_t { Possible, Likely, Proven };  // ordered
enum class Status : std::uint8_t { New, Known, Suppressed };

struct RuleInfo {
  Rule rule;
  std::string_view id;
  std::string_view title;
  std::vector<int> cwe;
};

// All rules, in the order of rules.def.
const std::vector<RuleInfo>& rules();
const RuleInfo& info(Rule rule);
std::optional<Rule> ruleFromId(std::string_view id);

std::string_view text(Severity severity);      // "note", "warning", "error"
std::string_view text(Confidence confidence);  // "possible", "likely", "proven"
std::string_view text(Status status);          // "new", "known", "suppressed"

// proven → error, likely → warning, possible → note; `contention` is always a note.
Severity severityFor(Rule rule, Confidence confidence);

// A place in the source. `file` is relative as REPORT describes; empty when it is not known.
// line and column count from 1; 0 means not known.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
  std::string function;
  std::string role;  // what happens here, in a few words: "acquires b", "writes", "also"
};

// One event in the story of how the defect comes about.
struct Step {
  std::optional<Id> thread;
  std::string action;  // "acquires", "waits-for", "releases", "reads", "writes", "calls", "starts", "joins"
  std::optional<Id> lock;
  std::optional<Id> state;  // shared state read or written
  std::optional<Id> site;
  std::optional<Id> stack;
};

struct Coffman {
  std::string mutual_exclusion;
  std::string hold_and_wait;
  std::string no_preemption;
  std::string circular_wait;
};

struct Edit {
  std::string file;
  std::uint32_t offset = 0;  // bytes from the start of the file
  std::uint32_t length = 0;  // bytes to replace
  std::string replacement;
};

struct Fix {
  std::string message;
  std::vector<Edit> edits;
};

struct Finding {
  Id id = 0;
  Rule rule = Rule::Deadlock;
  Severity severity = Severity::Note;
  Confidence confidence = Confidence::Possible;
  std::string reason;               // why this confidence
  std::string message;              // one sentence that a stranger understands
  std::string fingerprint;          // set by `fingerprint` below
  std::vector<Location> locations;  // the most telling first
  int more_locations = 0;           // those that a bound cut
  std::vector<Id> locks;
  std::vector<Id> threads;
  std::vector<Id> edges;
  std::vector<Id> state;
  std::vector<Step> steps;
  std::optional<Coffman> coffman;
  std::optional<Fix> fix;
  Status status = Status::New;
};

struct Report;

// Identifies the defect across runs, builds and edits: rule, sorted names of locks, shared state
// and functions; without template arguments, ordinals, lines, columns, addresses and ids. 16 hex
// digits (64-bit FNV-1a over the canonical text).
std::string fingerprint(const Report& report, const Finding& finding);

}  // namespace gridlock::model
