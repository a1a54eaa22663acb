// From the facts of many units to what the static pass reports: locks and their
// orders, threads, critical sections, shared state with its inferred guard, and
// findings.
//
// No LLVM, no files but model files. Deterministic: the same facts give the
// same report, whatever the order of the units. Lock-order cycles are not
// searched here: the report carries the edges with their witnesses, and
// model::derive finds the cycles over the union of all runs.
#pragma once

#include <string>
#include <vector>

#include "analyzer/facts/facts.h"
#include "analyzer/model/report.h"
#include "analyzer/model/result.h"

namespace gridlock::link {

struct LinkOptions {
  std::vector<std::string> programs;     // names of programs to analyse; empty: all
  std::vector<model::Rule> rules;        // rules to report; empty: all
  std::vector<std::string> model_files;  // users' models, read after the built-in ones
  unsigned jobs = 1;                     // programs analysed at the same time
};

// One report with one run of kind static; `runs[0].units` counts the units,
// failed units are the caller's to add. Errors: a model file that cannot be
// read or understood, a program name that does not occur.
Result<model::Report> link(std::vector<facts::Unit> units, const LinkOptions& options = {});

}  // namespace gridlock::link
