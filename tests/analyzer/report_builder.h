// Builds small reports by hand: locks by name, threads, and orders seen by them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/model/derive.h"
#include "analyzer/model/report.h"

namespace gridlock::test {

class ReportBuilder {
 public:
  explicit ReportBuilder(model::RunKind kind = model::RunKind::Runtime) { run(kind); }

  // Following threads and orders belong to this run.
  model::Id run(model::RunKind kind) {
    model::Run run;
    run.id = static_cast<model::Id>(report.runs.size());
    run.kind = kind;
    report.runs.push_back(run);
    run_ = run.id;
    return run.id;
  }

  model::Id thread(const std::string& root, bool many = false) {
    model::Thread thread;
    thread.id = static_cast<model::Id>(report.threads.size());
    thread.run = run_;
    thread.root = root;
    thread.many = many;
    report.threads.push_back(thread);
    return thread.id;
  }

  // A global, unless it has several instances.
  model::Id lock(const std::string& name, model::LockKind kind = model::LockKind::Mutex,
                 std::uint64_t instances = 1) {
    for (const model::Lock& lock : report.locks)
      if (lock.name == name) return lock.id;
    model::Lock lock;
    lock.id = static_cast<model::Id>(report.locks.size());
    lock.name = name;
    lock.kind = kind;
    lock.instances = instances;
    lock.global = instances == 1;
    report.locks.push_back(lock);
    return lock.id;
  }

  model::Id site(const std::string& file, int line, const std::string& function) {
    model::Site site;
    site.id = static_cast<model::Id>(report.sites.size());
    site.file = file;
    site.line = line;
    site.column = 3;
    site.function = function;
    report.sites.push_back(site);
    return site.id;
  }

  model::Id stack(const std::string& file, int line, const std::string& function) {
    model::Stack stack;
    stack.id = static_cast<model::Id>(report.stacks.size());
    stack.frames = {site(file, line, function)};
    report.stacks.push_back(stack);
    return stack.id;
  }

  model::Id segment(model::Id thread, std::vector<model::Id> after = {}) {
    model::Segment segment;
    segment.id = static_cast<model::Id>(report.segments.size());
    segment.thread = thread;
    segment.after = std::move(after);
    report.segments.push_back(segment);
    return segment.id;
  }

  // `thread` held `from` and asked for `to`. The reference is good until the next call.
  model::Witness& order(model::Id thread, model::Id from, model::Id to,
                        model::Mode from_mode = model::Mode::Exclusive,
                        model::Mode to_mode = model::Mode::Exclusive) {
    model::OrderEdge* edge = nullptr;
    for (model::OrderEdge& known : report.lock_order)
      if (known.from == from && known.to == to && known.from_mode == from_mode && known.to_mode == to_mode)
        edge = &known;
    if (!edge) {
      report.lock_order.emplace_back();
      edge = &report.lock_order.back();
      edge->id = static_cast<model::Id>(report.lock_order.size() - 1);
      edge->from = from;
      edge->to = to;
      edge->from_mode = from_mode;
      edge->to_mode = to_mode;
    }
    const bool planned = report.runs[run_].kind == model::RunKind::Static;
    (planned ? edge->seen_static : edge->seen_runtime) = true;
    ++edge->count;
    edge->witnesses.emplace_back();
    model::Witness& witness = edge->witnesses.back();
    witness.run = run_;
    witness.thread = thread;
    witness.from_mode = from_mode;
    witness.to_mode = to_mode;
    return witness;
  }

  // The same with places: lines of `f.cpp`.
  model::Witness& orderAt(model::Id thread, model::Id from, int from_line, model::Id to, int to_line) {
    const std::string function = report.threads[thread].root;
    const model::Id from_stack = stack("f.cpp", from_line, function);
    const model::Id to_stack = stack("f.cpp", to_line, function);
    model::Witness& witness = order(thread, from, to);
    witness.from_stack = from_stack;
    witness.to_stack = to_stack;
    return witness;
  }

  model::Report report;

 private:
  model::Id run_ = 0;
};

inline model::Report derived(std::vector<model::Report> parts) {
  model::Filters filters;
  return model::derive(std::move(parts), filters);
}

inline std::vector<const model::Finding*> findingsOf(const model::Report& report, model::Rule rule) {
  std::vector<const model::Finding*> out;
  for (const model::Finding& finding : report.findings)
    if (finding.rule == rule) out.push_back(&finding);
  return out;
}

}  // namespace gridlock::test
