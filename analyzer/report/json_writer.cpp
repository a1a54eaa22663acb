// The report as JSON: the keys of report.schema.json, one row of an array per line, so that reports
// can be compared and searched with line tools.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>

#include "analyzer/report/writer.h"

namespace gridlock::report {
namespace {

using Json = nlohmann::ordered_json;
using namespace gridlock::model;

template <typename T>
void set(Json& out, const char* key, const std::optional<T>& value) {
  if (value) out[key] = *value;
}

void setText(Json& out, const char* key, const std::string& value) {
  if (!value.empty()) out[key] = value;
}

template <typename T>
void setList(Json& out, const char* key, const std::vector<T>& values) {
  if (!values.empty()) out[key] = values;
}

Json toJson(const Run& run) {
  Json out = {{"id", run.id}, {"kind", text(run.kind)}};
  setList(out, "command", run.command);
  set(out, "pid", run.pid);
  setText(out, "started", run.started);
  set(out, "seconds", run.seconds);
  if (run.exit) {
    Json& exit = out["exit"];
    exit["code"] = run.exit->code ? Json(*run.exit->code) : Json();
    exit["signal"] = run.exit->signal ? Json(*run.exit->signal) : Json();
    exit["hung"] = run.exit->hung;
  }
  out["complete"] = run.complete;
  if (!run.dropped.empty()) out["dropped"] = run.dropped;
  setList(out, "notes", run.notes);
  set(out, "units", run.units);
  if (!run.failed_units.empty()) {
    Json& units = out["failedUnits"] = Json::array();
    for (const FailedUnit& unit : run.failed_units)
      units.push_back({{"file", unit.file}, {"error", unit.error}});
  }
  if (run.hold_every) out["sampling"] = {{"holdEvery", *run.hold_every}};
  return out;
}

// Sites, inlined frames and locations: file and line are always there, 0 is "not known".
template <typename Place>
void setPlace(Json& out, const Place& place) {
  out["file"] = place.file;
  out["line"] = place.line;
  if (place.column > 0) out["column"] = place.column;
  setText(out, "function", place.function);
}

Json toJson(const Site& site) {
  Json out = {{"id", site.id}};
  setPlace(out, site);
  setText(out, "module", site.module);
  if (!site.inlined.empty()) {
    Json& frames = out["inlined"] = Json::array();
    for (const Frame& frame : site.inlined) {
      Json row = Json::object();
      setPlace(row, frame);
      frames.push_back(std::move(row));
    }
  }
  return out;
}

Json toJson(const Stack& stack) { return {{"id", stack.id}, {"frames", stack.frames}}; }

Json toJson(const Thread& thread) {
  Json out = {{"id", thread.id}, {"run", thread.run}};
  setText(out, "name", thread.name);
  setText(out, "root", thread.root);
  set(out, "created", thread.created);
  if (thread.many) out["many"] = true;
  if (thread.time)
    out["time"] = {{"cpuNs", thread.time->cpu_ns},
                   {"lockWaitNs", thread.time->lock_wait_ns},
                   {"blockedNs", thread.time->blocked_ns}};
  return out;
}

Json toJson(const Lock& lock) {
  Json out = {{"id", lock.id}, {"name", lock.name}, {"kind", text(lock.kind)}};
  set(out, "declared", lock.declared);
  set(out, "created", lock.created);
  out["instances"] = lock.instances;
  out["processShared"] = lock.process_shared;
  if (lock.prefers_writers) out["prefersWriters"] = true;
  if (lock.global) out["global"] = true;
  return out;
}

Json toJson(const Times& times) {
  Json out = {{"total", times.total}, {"max", times.max}};
  set(out, "p50", times.p50);
  set(out, "p99", times.p99);
  return out;
}

Json toJson(const CriticalSection& section) {
  Json out = {{"id", section.id}, {"lock", section.lock}, {"mode", text(section.mode)}};
  set(out, "enter", section.enter);
  setList(out, "exits", section.exits);
  set(out, "count", section.count);
  if (section.hold_ns) {
    out["holdNs"] = toJson(*section.hold_ns);
    if (section.estimated) out["holdNs"]["estimated"] = true;
  }
  if (section.wait_ns || section.contended > 0) {
    Json wait = {{"contended", section.contended}};
    wait.update(toJson(section.wait_ns.value_or(Times{})));
    out["waitNs"] = std::move(wait);
  }
  setList(out, "state", section.state);
  setList(out, "blocking", section.blocking);
  setList(out, "within", section.within);
  return out;
}

Json toJson(const Witness& witness) {
  Json out = {{"run", witness.run}, {"thread", witness.thread}};
  set(out, "segment", witness.segment);
  set(out, "fromStack", witness.from_stack);
  set(out, "toStack", witness.to_stack);
  Json& held = out["held"] = Json::array();
  for (const HeldLock& lock : witness.held) {
    Json row = {{"lock", lock.lock}};
    set(row, "instance", lock.instance);
    row["mode"] = text(lock.mode);
    held.push_back(std::move(row));
  }
  set(out, "fromInstance", witness.from_instance);
  set(out, "toInstance", witness.to_instance);
  out["fromMode"] = text(witness.from_mode);
  out["toMode"] = text(witness.to_mode);
  out["request"] = text(witness.request);
  out["exact"] = witness.exact;
  setText(out, "note", witness.note);
  return out;
}

Json toJson(const OrderEdge& edge) {
  Json out = {{"id", edge.id},
              {"from", edge.from},
              {"to", edge.to},
              {"fromMode", text(edge.from_mode)},
              {"toMode", text(edge.to_mode)},
              {"count", edge.count}};
  Json& seen = out["seen"] = Json::array();
  if (edge.seen_runtime) seen.push_back("runtime");
  if (edge.seen_static) seen.push_back("static");
  Json& witnesses = out["witnesses"] = Json::array();
  for (const Witness& witness : edge.witnesses) witnesses.push_back(toJson(witness));
  return out;
}

Json toJson(const Segment& segment) {
  return {
      {"id", segment.id}, {"thread", segment.thread}, {"after", segment.after}, {"before", segment.before}};
}

Json toJson(const Wait& wait) {
  Json out = {{"thread", wait.thread},
              {"for", wait.for_lock},
              {"kind", wait.any ? "any" : "all"},
              {"heldBy", wait.held_by}};
  set(out, "stack", wait.stack);
  set(out, "sinceNs", wait.since_ns);
  out["timed"] = wait.timed;
  return out;
}

Json toJson(const Fix& fix) {
  Json out = {{"message", fix.message}};
  Json& edits = out["edits"] = Json::array();
  for (const Edit& edit : fix.edits)
    edits.push_back({{"file", edit.file},
                     {"offset", edit.offset},
                     {"length", edit.length},
                     {"replacement", edit.replacement}});
  return out;
}

Json toJson(const SharedState& state) {
  Json out = {{"id", state.id}, {"name", state.name}};
  set(out, "declared", state.declared);
  set(out, "guard", state.guard);
  out["accesses"] = state.accesses;
  out["guarded"] = state.guarded;
  out["written"] = state.written;
  setText(out, "annotation", state.annotation);
  if (state.fix) out["fix"] = toJson(*state.fix);
  return out;
}

Json toJson(const Finding& finding) {
  Json out = {{"id", finding.id},
              {"rule", info(finding.rule).id},
              {"severity", text(finding.severity)},
              {"confidence", text(finding.confidence)},
              {"reason", finding.reason},
              {"message", finding.message},
              {"cwe", info(finding.rule).cwe},
              {"fingerprint", finding.fingerprint}};
  Json& locations = out["locations"] = Json::array();
  for (const Location& location : finding.locations) {
    Json row = Json::object();
    setPlace(row, location);
    setText(row, "role", location.role);
    locations.push_back(std::move(row));
  }
  if (finding.more_locations > 0) out["moreLocations"] = finding.more_locations;
  out["locks"] = finding.locks;
  out["threads"] = finding.threads;
  out["edges"] = finding.edges;
  out["state"] = finding.state;
  Json& steps = out["steps"] = Json::array();
  for (const Step& step : finding.steps) {
    Json row = Json::object();
    set(row, "thread", step.thread);
    row["action"] = step.action;
    set(row, "lock", step.lock);
    set(row, "state", step.state);
    set(row, "site", step.site);
    set(row, "stack", step.stack);
    steps.push_back(std::move(row));
  }
  if (finding.coffman)
    out["coffman"] = {{"mutualExclusion", finding.coffman->mutual_exclusion},
                      {"holdAndWait", finding.coffman->hold_and_wait},
                      {"noPreemption", finding.coffman->no_preemption},
                      {"circularWait", finding.coffman->circular_wait}};
  if (finding.fix) out["fix"] = toJson(*finding.fix);
  out["status"] = text(finding.status);
  return out;
}

// Bytes that are no UTF-8 (names of files and threads may be anything) become U+FFFD.
std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

template <typename Row>
void appendArray(std::string& out, const char* key, const std::vector<Row>& rows) {
  out += ",\n\"";
  out += key;
  out += "\": [";
  const char* separator = "\n  ";
  for (const Row& row : rows) {
    out += separator;
    out += dump(toJson(row));
    separator = ",\n  ";
  }
  out += rows.empty() ? "]" : "\n]";
}

}  // namespace

std::string writeJson(const Report& report) {
  const std::string version = report.tool_version.empty() ? std::string(toolVersion()) : report.tool_version;
  std::string out = "{\n\"schema\": \"gridlock-report/1\",\n\"tool\": ";
  out += dump(Json{{"name", "gridlock"}, {"version", version}});
  appendArray(out, "runs", report.runs);
  appendArray(out, "sites", report.sites);
  appendArray(out, "stacks", report.stacks);
  appendArray(out, "threads", report.threads);
  appendArray(out, "locks", report.locks);
  appendArray(out, "criticalSections", report.critical_sections);
  appendArray(out, "lockOrder", report.lock_order);
  appendArray(out, "segments", report.segments);
  appendArray(out, "waitFor", report.wait_for);
  appendArray(out, "sharedState", report.shared_state);
  appendArray(out, "findings", report.findings);
  out += ",\n\"harmlessCycles\": " + dump(Json(report.harmless_cycles));
  out += "\n}\n";
  return out;
}

}  // namespace gridlock::report
