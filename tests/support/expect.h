// The expectation comments of testdata, read from the tested source (testdata/README.md has the
// grammar), and their comparison with the findings of a report.
//
// Must not guess: a comment that looks like one of ours and is not well formed is an error with
// file and line, since a misspelt expectation would be a test that cannot fail.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "analyzer/model/result.h"

namespace gridlock::support {

enum class Engine { Static, Runtime };
const char* text(Engine engine);

enum class Kind { Expect, None, FalseAlarm, Miss, Also };
const char* text(Kind kind);

struct Expectation {
  Kind kind = Kind::Expect;
  std::string rule;
  std::vector<std::string> or_rules;  // "expect: a|b": one of them is enough
  std::filesystem::path file;         // absolute
  int line = 0;
  bool whole_case = false;              // expect-none or also, on line 1
  std::optional<Engine> via;            // both when absent
  std::optional<std::string> severity;  // any when absent
  std::optional<std::string> lock;      // a lock type; all when absent

  bool names(const std::string& other) const;
  bool appliesTo(Engine engine, const std::string& lock_type) const;
};

// One scenario: a file, or the files of a project.
struct Scenario {
  std::string name;                            // "deadlock/transfer_between_accounts_bad"
  std::filesystem::path directory;             // of a project; of the file else
  std::filesystem::path main_file;             // the one with the header line
  std::vector<std::filesystem::path> sources;  // translation units
  std::vector<std::filesystem::path> headers;
  bool project = false;
  std::vector<Expectation> expectations;

  // The header line.
  std::set<Engine> modes;
  std::vector<std::string> args;                             // for `gridlock check`
  std::vector<std::string> run_args;                         // for `gridlock run`
  std::vector<std::string> flags;                            // for compiler and `check`
  std::vector<std::string> libraries;                        // for the linker
  std::vector<std::string> locks;                            // lock types; empty: the source says itself
  std::map<std::string, std::vector<std::string>> programs;  // of a project with several; else empty
  int exit_code = 0;                                         // the program's own, without findings
  bool validate = true;  // the truth can be checked by running the program under TSan

  bool isC() const { return main_file.extension() == ".c"; }
  // A rule whose notes count too: expected in the case or named by --rule.
  bool countsNotes(const std::string& rule) const;
};

// Reads one file's comments. `header` is set when line 1 carries one.
Result<Scenario> readScenario(const std::filesystem::path& testdata, const std::filesystem::path& file);
Result<Scenario> readProject(const std::filesystem::path& testdata, const std::filesystem::path& folder);

// All scenarios below testdata, sorted by name; errors are collected, not thrown.
struct Catalogue {
  std::vector<Scenario> scenarios;
  std::vector<Error> errors;
};
Catalogue readCatalogue(const std::filesystem::path& testdata);

// Compares a report (JSON) with the expectations; one line for each difference. Relative file names
// of the report are looked for under `roots`.
std::vector<std::string> compare(const Scenario& scenario, Engine engine, const std::string& lock_type,
                                 const nlohmann::json& report,
                                 const std::vector<std::filesystem::path>& roots);

}  // namespace gridlock::support
