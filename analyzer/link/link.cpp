// Drives the analysis: units into programs, each program through the stages,
// all into one report.
#include "analyzer/link/link.h"

#include <algorithm>

#include "analyzer/link/check.h"
#include "analyzer/link/lockset.h"
#include "analyzer/link/models.h"
#include "analyzer/link/program.h"
#include "analyzer/link/world.h"
#include "analyzer/model/merge.h"

namespace gridlock::link {

namespace {

bool nolint(const std::vector<facts::Unit>& units, const model::Finding& finding) {
  std::string_view id = model::info(finding.rule).id;
  for (const facts::Unit& unit : units) {
    for (const facts::Nolint& comment : unit.nolints) {
      if (comment.file == kNone) continue;
      std::string_view file = unit.strings[unit.files[comment.file].path];
      bool rule = comment.rules.empty();
      for (facts::StringId r : comment.rules) rule |= unit.strings[r] == id || unit.strings[r] == "*";
      if (!rule) continue;
      std::size_t shown = std::min<std::size_t>(finding.locations.size(), 2);
      for (std::size_t i = 0; i < shown; ++i) {
        const model::Location& at = finding.locations[i];
        if (at.file == file && at.line >= static_cast<int>(comment.first_line) &&
            at.line <= static_cast<int>(comment.last_line))
          return true;
      }
    }
  }
  return false;
}

model::Report analyse(const ProgramUnits& units, const Models& models) {
  model::Report report;
  model::Run run;
  run.kind = model::RunKind::Static;
  run.units = static_cast<int>(units.units.size());
  report.runs.push_back(run);
  Program program(units.name, units.units);
  LinkContext context(program, models);
  summarise(context);
  World world(context, units.open);
  world.run();
  Reporter reporter(world, report, 0);
  checkDataRaces(reporter);
  checkReleases(reporter);
  checkInvalidLocks(reporter);
  checkLockOrders(reporter);
  checkRelocks(reporter);
  checkSignals(reporter);
  checkWaits(reporter);
  checkLockouts(reporter);
  checkStuckWaits(reporter);
  checkBlocking(reporter);
  checkUnusedGuards(reporter);
  addCriticalSections(reporter);
  if (world.cut) report.runs[0].notes.push_back(units.name + ": a bound was met, contexts were joined");
  for (std::size_t i = 0; i < report.findings.size(); ++i) report.findings[i].id = static_cast<model::Id>(i);
  return report;
}

}  // namespace

Result<model::Report> link(std::vector<facts::Unit> units, const LinkOptions& options) {
  Result<Models> models = Models::load(options.model_files);
  if (!models) return models.error();
  std::sort(units.begin(), units.end(), [](const facts::Unit& a, const facts::Unit& b) {
    if (a.strings[a.main_file] != b.strings[b.main_file])
      return a.strings[a.main_file] < b.strings[b.main_file];
    return a.flags_hash < b.flags_hash;
  });
  std::vector<ProgramUnits> programs = splitPrograms(units);
  for (const std::string& name : options.programs) {
    bool known =
        std::any_of(programs.begin(), programs.end(), [&](const ProgramUnits& p) { return p.name == name; });
    if (!known) return Error{"no program is named '" + name + "'"};
  }
  std::vector<model::Report> parts;
  for (const ProgramUnits& program : programs) {
    bool wanted = options.programs.empty() || std::find(options.programs.begin(), options.programs.end(),
                                                        program.name) != options.programs.end();
    if (wanted) parts.push_back(analyse(program, *models));
  }
  model::Report report;
  if (parts.size() == 1) {
    report = std::move(parts[0]);
  } else if (!parts.empty()) {
    for (model::Report& part : parts) {
      for (model::Finding& finding : part.findings) finding.fingerprint = model::fingerprint(part, finding);
    }
    report = model::merge(std::move(parts));
    // One run: the programs of one check.
    model::Run run = report.runs[0];
    for (std::size_t i = 1; i < report.runs.size(); ++i) {
      run.notes.insert(run.notes.end(), report.runs[i].notes.begin(), report.runs[i].notes.end());
      for (auto& [what, count] : report.runs[i].dropped) run.dropped[what] += count;
    }
  } else {
    model::Run run;
    run.kind = model::RunKind::Static;
    report.runs.push_back(run);
  }
  report.runs[0].units = static_cast<int>(units.size());
  std::erase_if(report.findings, [&](const model::Finding& finding) {
    bool wanted = options.rules.empty() ||
                  std::find(options.rules.begin(), options.rules.end(), finding.rule) != options.rules.end();
    return !wanted || nolint(units, finding);
  });
  return report;
}

}  // namespace gridlock::link
