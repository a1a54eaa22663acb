// Lock-order and wait-for graphs for Graphviz. Node names are made from the names of locks and threads,
// not from ids, so that two drawings of one program can be compared.
#include <map>
#include <set>
#include <string>

#include "analyzer/report/phrase.h"
#include "analyzer/report/writer.h"

namespace gridlock::report {
namespace {

using namespace gridlock::model;

std::string quotedDot(std::string_view text) {
  std::string out = "\"";
  for (char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string writeDot(const Report& report) {
  // Equal names of different locks get an ordinal.
  std::map<Id, std::string> lock_nodes;
  std::map<std::string, int> names;
  for (const Lock& lock : report.locks) {
    const int ordinal = ++names[lock.name];
    lock_nodes[lock.id] =
        quotedDot("lock " + lock.name + (ordinal > 1 ? " (" + std::to_string(ordinal) + ")" : ""));
  }
  std::map<Id, std::string> thread_nodes;
  for (const Thread& thread : report.threads)
    thread_nodes[thread.id] = quotedDot(threadText(report, thread.id));

  std::set<Id> likely_edges;
  std::set<Id> harmless_edges;
  for (const Finding& finding : report.findings) {
    if (finding.rule != Rule::LockOrderCycle) continue;
    auto& edges = finding.confidence == Confidence::Possible ? harmless_edges : likely_edges;
    edges.insert(finding.edges.begin(), finding.edges.end());
  }

  std::string out =
      "digraph gridlock {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n  edge "
      "[fontname=\"sans-serif\"];\n";
  std::set<Id> used_locks;
  for (const OrderEdge& edge : report.lock_order) {
    used_locks.insert(edge.from);
    used_locks.insert(edge.to);
  }
  for (const Wait& wait : report.wait_for) used_locks.insert(wait.for_lock);
  for (const Lock& lock : report.locks) {
    if (!used_locks.count(lock.id)) continue;
    std::string label = lock.name + "\n" + std::string(text(lock.kind));
    std::string escaped_label;
    for (char c : label)
      escaped_label += c == '\n'               ? std::string("\\n")
                       : c == '"' || c == '\\' ? std::string("\\") + c
                                               : std::string(1, c);
    out += "  " + lock_nodes[lock.id] + " [shape=box, label=\"" + escaped_label + "\"];\n";
  }
  for (const OrderEdge& edge : report.lock_order) {
    std::string label = edge.count > 0 ? std::to_string(edge.count) : std::string();
    if (edge.from_mode == Mode::Shared || edge.to_mode == Mode::Shared)
      label += std::string(label.empty() ? "" : " ") + (edge.from_mode == Mode::Shared ? "r" : "w") + "→" +
               (edge.to_mode == Mode::Shared ? "r" : "w");
    out += "  " + lock_nodes[edge.from] + " -> " + lock_nodes[edge.to] + " [label=" + quotedDot(label);
    if (!edge.seen_runtime) out += ", style=dashed";
    if (likely_edges.count(edge.id)) {
      out += ", color=red, penwidth=2";
    } else if (harmless_edges.count(edge.id)) {
      out += ", color=orange";
    }
    out += "];\n";
  }
  std::set<Id> used_threads;
  for (const Wait& wait : report.wait_for) {
    used_threads.insert(wait.thread);
    used_threads.insert(wait.held_by.begin(), wait.held_by.end());
  }
  for (const Thread& thread : report.threads)
    if (used_threads.count(thread.id)) out += "  " + thread_nodes[thread.id] + " [shape=ellipse];\n";
  for (const Wait& wait : report.wait_for) {
    out += "  " + thread_nodes[wait.thread] + " -> " + lock_nodes[wait.for_lock] +
           " [label=\"waits for\", color=blue" + (wait.timed ? ", style=dashed" : "") + "];\n";
    for (Id holder : wait.held_by)
      out += "  " + lock_nodes[wait.for_lock] + " -> " + thread_nodes[holder] +
             " [label=\"held by\", color=blue];\n";
  }
  return out + "}\n";
}

}  // namespace gridlock::report
