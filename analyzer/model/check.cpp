// Ids and references; see check.h.
#include "analyzer/model/check.h"

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace gridlock::model {
namespace {

class Checker {
 public:
  std::optional<Error> error;

  template <typename Row>
  std::unordered_set<Id> collect(const char* array, const std::vector<Row>& rows) {
    std::unordered_set<Id> ids;
    ids.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (!ids.insert(rows[i].id).second && !error)
        error = Error{"the id " + std::to_string(rows[i].id) + " is given twice", {}, place(array, i, "id")};
    return ids;
  }

  // Where the following references stand.
  void at(const char* array, std::size_t index) {
    array_ = array;
    index_ = index;
  }

  void need(const std::unordered_set<Id>& ids, Id id, const char* what, const std::string& key) {
    if (error || ids.count(id)) return;
    error = Error{"there is no " + std::string(what) + " with the id " + std::to_string(id),
                  {},
                  place(array_, index_, key)};
  }
  void need(const std::unordered_set<Id>& ids, const std::optional<Id>& id, const char* what,
            const std::string& key) {
    if (id) need(ids, *id, what, key);
  }
  void need(const std::unordered_set<Id>& ids, const std::vector<Id>& list, const char* what,
            const std::string& key) {
    for (std::size_t i = 0; i < list.size() && !error; ++i)
      if (!ids.count(list[i])) need(ids, list[i], what, key + "/" + std::to_string(i));
  }

 private:
  static std::string place(const char* array, std::size_t index, const std::string& key) {
    return std::string("/") + array + "/" + std::to_string(index) + "/" + key;
  }

  const char* array_ = "";
  std::size_t index_ = 0;
};

}  // namespace

std::optional<Error> brokenReference(const Report& report) {
  Checker check;
  const auto runs = check.collect("runs", report.runs);
  const auto sites = check.collect("sites", report.sites);
  const auto stacks = check.collect("stacks", report.stacks);
  const auto threads = check.collect("threads", report.threads);
  const auto locks = check.collect("locks", report.locks);
  const auto sections = check.collect("criticalSections", report.critical_sections);
  const auto edges = check.collect("lockOrder", report.lock_order);
  const auto segments = check.collect("segments", report.segments);
  const auto states = check.collect("sharedState", report.shared_state);
  check.collect("findings", report.findings);

  for (std::size_t i = 0; i < report.stacks.size(); ++i) {
    check.at("stacks", i);
    check.need(sites, report.stacks[i].frames, "site", "frames");
  }
  for (std::size_t i = 0; i < report.threads.size(); ++i) {
    check.at("threads", i);
    check.need(runs, report.threads[i].run, "run", "run");
    check.need(stacks, report.threads[i].created, "stack", "created");
  }
  for (std::size_t i = 0; i < report.locks.size(); ++i) {
    check.at("locks", i);
    check.need(sites, report.locks[i].declared, "site", "declared");
    check.need(stacks, report.locks[i].created, "stack", "created");
  }
  for (std::size_t i = 0; i < report.critical_sections.size(); ++i) {
    const CriticalSection& section = report.critical_sections[i];
    check.at("criticalSections", i);
    check.need(locks, section.lock, "lock", "lock");
    check.need(sites, section.enter, "site", "enter");
    check.need(sites, section.exits, "site", "exits");
    check.need(states, section.state, "shared state", "state");
    check.need(sites, section.blocking, "site", "blocking");
    check.need(sections, section.within, "critical section", "within");
  }
  for (std::size_t i = 0; i < report.lock_order.size(); ++i) {
    const OrderEdge& edge = report.lock_order[i];
    check.at("lockOrder", i);
    check.need(locks, edge.from, "lock", "from");
    check.need(locks, edge.to, "lock", "to");
    for (std::size_t w = 0; w < edge.witnesses.size() && !check.error; ++w) {
      const Witness& witness = edge.witnesses[w];
      const std::string at = "witnesses/" + std::to_string(w) + "/";
      check.need(runs, witness.run, "run", at + "run");
      check.need(threads, witness.thread, "thread", at + "thread");
      check.need(segments, witness.segment, "segment", at + "segment");
      check.need(stacks, witness.from_stack, "stack", at + "fromStack");
      check.need(stacks, witness.to_stack, "stack", at + "toStack");
      for (std::size_t h = 0; h < witness.held.size(); ++h)
        check.need(locks, witness.held[h].lock, "lock", at + "held/" + std::to_string(h) + "/lock");
    }
  }
  for (std::size_t i = 0; i < report.segments.size(); ++i) {
    check.at("segments", i);
    check.need(threads, report.segments[i].thread, "thread", "thread");
    check.need(segments, report.segments[i].after, "segment", "after");
    check.need(segments, report.segments[i].before, "segment", "before");
  }
  for (std::size_t i = 0; i < report.wait_for.size(); ++i) {
    const Wait& wait = report.wait_for[i];
    check.at("waitFor", i);
    check.need(threads, wait.thread, "thread", "thread");
    check.need(locks, wait.for_lock, "lock", "for");
    check.need(threads, wait.held_by, "thread", "heldBy");
    check.need(stacks, wait.stack, "stack", "stack");
  }
  for (std::size_t i = 0; i < report.shared_state.size(); ++i) {
    check.at("sharedState", i);
    check.need(sites, report.shared_state[i].declared, "site", "declared");
    check.need(locks, report.shared_state[i].guard, "lock", "guard");
  }
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    const Finding& finding = report.findings[i];
    check.at("findings", i);
    check.need(locks, finding.locks, "lock", "locks");
    check.need(threads, finding.threads, "thread", "threads");
    check.need(edges, finding.edges, "edge", "edges");
    check.need(states, finding.state, "shared state", "state");
    for (std::size_t s = 0; s < finding.steps.size() && !check.error; ++s) {
      const Step& step = finding.steps[s];
      const std::string at = "steps/" + std::to_string(s) + "/";
      check.need(threads, step.thread, "thread", at + "thread");
      check.need(locks, step.lock, "lock", at + "lock");
      check.need(states, step.state, "shared state", at + "state");
      check.need(sites, step.site, "site", at + "site");
      check.need(stacks, step.stack, "stack", at + "stack");
    }
  }
  return std::move(check.error);
}

}  // namespace gridlock::model
