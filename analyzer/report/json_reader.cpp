// Reads a report JSON. The input is hostile: every type, range, enumerator and reference is checked,
// and the first fault is told with its JSON pointer. Unknown keys are ignored.
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "analyzer/model/check.h"
#include "analyzer/report/writer.h"

namespace gridlock::report {
namespace {

using Json = nlohmann::json;
using namespace gridlock::model;

// The first error, and where it is.
struct Fault {
  std::optional<Error> error;
  std::string file;
};

// A JSON value and the way to it. Reading goes on after a fault, with zero values; only the first
// one is kept.
class Node {
 public:
  Node(const Json& json, Fault& fault) : json_(&json), fault_(&fault) {}

  void fail(const std::string& message) const {
    if (!fault_->error) fault_->error = Error{message, fault_->file, pointer()};
  }

  bool isObject() const {
    if (json_->is_object()) return true;
    fail("expected an object");
    return false;
  }

  bool has(const char* key) const { return json_->is_object() && json_->contains(key); }

  // A member; null where it is missing, which is a fault when it is required. JSON null counts as
  // missing.
  std::optional<Node> member(const char* key, bool required) const {
    if (!json_->is_object()) return std::nullopt;
    const auto found = json_->find(key);
    if (found == json_->end() || found->is_null()) {
      if (required) fail(std::string("the key \"") + key + "\" is missing");
      return std::nullopt;
    }
    Node node(*found, *fault_);
    node.parent_ = this;
    node.key_ = key;
    return node;
  }

  template <typename Visit>
  void each(const char* key, bool required, Visit visit) const {
    const std::optional<Node> array = member(key, required);
    if (!array) return;
    if (!array->json_->is_array()) return array->fail("expected an array");
    for (std::size_t i = 0; i < array->json_->size() && !fault_->error; ++i) {
      Node node((*array->json_)[i], *fault_);
      node.parent_ = &*array;
      node.index_ = i;
      visit(node);
    }
  }

  template <typename Row, typename Visit>
  void rows(const char* key, bool required, std::vector<Row>& out, Visit visit) const {
    each(key, required, [&](const Node& node) {
      if (!node.isObject()) return;
      out.emplace_back();
      visit(node, out.back());
    });
  }

  std::string text() const {
    if (json_->is_string()) return json_->get<std::string>();
    fail("expected a string");
    return {};
  }

  bool boolean() const {
    if (json_->is_boolean()) return json_->get<bool>();
    fail("expected true or false");
    return false;
  }

  double real() const {
    if (json_->is_number() && std::isfinite(json_->get<double>())) return json_->get<double>();
    fail("expected a number");
    return 0;
  }

  template <typename T>
  T number() const {
    if (json_->is_number_unsigned()) {
      const auto value = json_->get<std::uint64_t>();
      if (value <= static_cast<std::uint64_t>(std::numeric_limits<T>::max())) return static_cast<T>(value);
    } else if (json_->is_number_integer() && std::is_signed_v<T>) {
      const auto value = json_->get<std::int64_t>();
      if (value >= static_cast<std::int64_t>(std::numeric_limits<T>::min())) return static_cast<T>(value);
    }
    fail(std::is_signed_v<T> ? "expected a whole number" : "expected a whole number that is not negative");
    return 0;
  }

  void read(const char* key, std::string& out, bool required = false) const {
    if (const auto node = member(key, required)) out = node->text();
  }
  void read(const char* key, bool& out) const {
    if (const auto node = member(key, false)) out = node->boolean();
  }
  template <typename T>
  void read(const char* key, T& out, bool required = false) const {
    if (const auto node = member(key, required)) out = node->template number<T>();
  }
  template <typename T>
  void read(const char* key, std::optional<T>& out) const {
    if (const auto node = member(key, false)) out = node->template number<T>();
  }
  void read(const char* key, std::vector<Id>& out, bool required = false) const {
    each(key, required, [&](const Node& node) { out.push_back(node.number<Id>()); });
  }
  void read(const char* key, std::vector<std::string>& out) const {
    each(key, false, [&](const Node& node) { out.push_back(node.text()); });
  }
  void read(const char* key, std::map<std::string, std::uint64_t>& out) const {
    const auto node = member(key, false);
    if (!node || !node->isObject()) return;
    for (const auto& [name, value] : node->json_->items()) {
      Node entry(value, *fault_);
      entry.parent_ = &*node;
      entry.key_ = name.c_str();
      out[name] = entry.number<std::uint64_t>();
    }
  }

  // A string that must be one of an enumeration's.
  template <typename Enum, typename Parse>
  void read(const char* key, Enum& out, Parse parse, bool required) const {
    const auto node = member(key, required);
    if (!node) return;
    const std::string word = node->text();
    if (const auto value = parse(word)) {
      out = *value;
    } else {
      node->fail("unknown value '" + word + "'");
    }
  }

 private:
  std::string pointer() const {
    if (!parent_) return {};
    if (!key_) return parent_->pointer() + "/" + std::to_string(index_);
    std::string escaped;
    for (const char* c = key_; *c; ++c) {
      if (*c == '~') {
        escaped += "~0";
      } else if (*c == '/') {
        escaped += "~1";
      } else {
        escaped += *c;
      }
    }
    return parent_->pointer() + "/" + escaped;
  }

  const Json* json_;
  Fault* fault_;
  const Node* parent_ = nullptr;
  const char* key_ = nullptr;
  std::size_t index_ = 0;
};

template <typename Place>
void readPlace(const Node& node, Place& place) {
  node.read("file", place.file);
  node.read("line", place.line);
  node.read("column", place.column);
  node.read("function", place.function);
  if (place.line < 0 || place.column < 0) node.fail("a line or column is negative");
}

void readRun(const Node& node, Run& run) {
  node.read("id", run.id, true);
  node.read("kind", run.kind, runKindFromText, true);
  node.read("command", run.command);
  node.read("pid", run.pid);
  node.read("started", run.started);
  if (const auto seconds = node.member("seconds", false)) run.seconds = seconds->real();
  if (const auto exit = node.member("exit", false); exit && exit->isObject()) {
    run.exit.emplace();
    exit->read("code", run.exit->code);
    exit->read("signal", run.exit->signal);
    exit->read("hung", run.exit->hung);
  }
  node.read("complete", run.complete);
  node.read("dropped", run.dropped);
  node.read("notes", run.notes);
  node.read("units", run.units);
  node.rows("failedUnits", false, run.failed_units, [](const Node& unit, FailedUnit& out) {
    unit.read("file", out.file);
    unit.read("error", out.error);
  });
  if (const auto sampling = node.member("sampling", false)) sampling->read("holdEvery", run.hold_every);
}

void readSite(const Node& node, Site& site) {
  node.read("id", site.id, true);
  readPlace(node, site);
  node.read("module", site.module);
  node.rows("inlined", false, site.inlined, [](const Node& frame, Frame& out) { readPlace(frame, out); });
}

void readThread(const Node& node, Thread& thread) {
  node.read("id", thread.id, true);
  node.read("run", thread.run, true);
  node.read("name", thread.name);
  node.read("root", thread.root);
  node.read("created", thread.created);
  node.read("many", thread.many);
  if (const auto time = node.member("time", false)) {
    thread.time.emplace();
    time->read("cpuNs", thread.time->cpu_ns);
    time->read("lockWaitNs", thread.time->lock_wait_ns);
    time->read("blockedNs", thread.time->blocked_ns);
  }
}

void readLock(const Node& node, Lock& lock) {
  node.read("id", lock.id, true);
  node.read("name", lock.name, true);
  node.read("kind", lock.kind, lockKindFromText, true);
  node.read("declared", lock.declared);
  node.read("created", lock.created);
  node.read("instances", lock.instances);
  node.read("processShared", lock.process_shared);
  node.read("prefersWriters", lock.prefers_writers);
  node.read("global", lock.global);
}

std::optional<Times> readTimes(const Node& node, const char* key) {
  const auto times = node.member(key, false);
  if (!times || !times->isObject()) return std::nullopt;
  Times out;
  times->read("total", out.total);
  times->read("max", out.max);
  times->read("p50", out.p50);
  times->read("p99", out.p99);
  return out;
}

void readSection(const Node& node, CriticalSection& section) {
  node.read("id", section.id, true);
  node.read("lock", section.lock, true);
  node.read("mode", section.mode, modeFromText, false);
  node.read("enter", section.enter);
  node.read("exits", section.exits);
  node.read("count", section.count);
  section.hold_ns = readTimes(node, "holdNs");
  if (const auto hold = node.member("holdNs", false)) hold->read("estimated", section.estimated);
  section.wait_ns = readTimes(node, "waitNs");
  if (const auto wait = node.member("waitNs", false)) wait->read("contended", section.contended);
  node.read("state", section.state);
  node.read("blocking", section.blocking);
  node.read("within", section.within);
}

void readWitness(const Node& node, const OrderEdge& edge, Witness& witness) {
  witness.from_mode = edge.from_mode;
  witness.to_mode = edge.to_mode;
  node.read("run", witness.run, true);
  node.read("thread", witness.thread, true);
  node.read("segment", witness.segment);
  node.read("fromStack", witness.from_stack);
  node.read("toStack", witness.to_stack);
  node.rows("held", false, witness.held, [](const Node& held, HeldLock& out) {
    held.read("lock", out.lock, true);
    held.read("instance", out.instance);
    held.read("mode", out.mode, modeFromText, false);
  });
  node.read("fromInstance", witness.from_instance);
  node.read("toInstance", witness.to_instance);
  node.read("fromMode", witness.from_mode, modeFromText, false);
  node.read("toMode", witness.to_mode, modeFromText, false);
  node.read("request", witness.request, requestKindFromText, false);
  node.read("exact", witness.exact);
  node.read("note", witness.note);
}

void readEdge(const Node& node, OrderEdge& edge) {
  node.read("id", edge.id, true);
  node.read("from", edge.from, true);
  node.read("to", edge.to, true);
  node.read("fromMode", edge.from_mode, modeFromText, false);
  node.read("toMode", edge.to_mode, modeFromText, false);
  node.read("count", edge.count);
  std::vector<std::string> seen;
  node.read("seen", seen);
  for (const std::string& word : seen) {
    if (word == "runtime") {
      edge.seen_runtime = true;
    } else if (word == "static") {
      edge.seen_static = true;
    } else {
      node.fail("unknown value '" + word + "' in \"seen\"");
    }
  }
  node.rows("witnesses", false, edge.witnesses,
            [&](const Node& witness, Witness& out) { readWitness(witness, edge, out); });
}

void readWait(const Node& node, Wait& wait) {
  node.read("thread", wait.thread, true);
  node.read("for", wait.for_lock, true);
  std::string kind = "all";
  node.read("kind", kind);
  if (kind != "all" && kind != "any") node.fail("unknown value '" + kind + "' of \"kind\"");
  wait.any = kind == "any";
  node.read("heldBy", wait.held_by);
  node.read("stack", wait.stack);
  node.read("sinceNs", wait.since_ns);
  node.read("timed", wait.timed);
}

void readFix(const Node& node, std::optional<Fix>& out) {
  const auto fix = node.member("fix", false);
  if (!fix || !fix->isObject()) return;
  out.emplace();
  fix->read("message", out->message);
  fix->rows("edits", false, out->edits, [](const Node& edit, Edit& row) {
    edit.read("file", row.file);
    edit.read("offset", row.offset);
    edit.read("length", row.length);
    edit.read("replacement", row.replacement);
  });
}

void readState(const Node& node, SharedState& state) {
  node.read("id", state.id, true);
  node.read("name", state.name, true);
  node.read("declared", state.declared);
  node.read("guard", state.guard);
  node.read("accesses", state.accesses);
  node.read("guarded", state.guarded);
  node.read("written", state.written);
  node.read("annotation", state.annotation);
  readFix(node, state.fix);
}

std::optional<Severity> severityFromText(std::string_view word) {
  for (Severity value : {Severity::Note, Severity::Warning, Severity::Error})
    if (text(value) == word) return value;
  return std::nullopt;
}

std::optional<Confidence> confidenceFromText(std::string_view word) {
  for (Confidence value : {Confidence::Possible, Confidence::Likely, Confidence::Proven})
    if (text(value) == word) return value;
  return std::nullopt;
}

std::optional<model::Status> statusFromText(std::string_view word) {
  for (model::Status value : {model::Status::New, model::Status::Known, model::Status::Suppressed})
    if (text(value) == word) return value;
  return std::nullopt;
}

void readFinding(const Node& node, Finding& finding) {
  node.read("id", finding.id, true);
  node.read("rule", finding.rule, ruleFromId, true);
  node.read("severity", finding.severity, severityFromText, true);
  node.read("confidence", finding.confidence, confidenceFromText, true);
  node.read("reason", finding.reason);
  node.read("message", finding.message);
  node.read("fingerprint", finding.fingerprint);
  node.rows("locations", false, finding.locations, [](const Node& location, Location& out) {
    readPlace(location, out);
    location.read("role", out.role);
  });
  node.read("moreLocations", finding.more_locations);
  node.read("locks", finding.locks);
  node.read("threads", finding.threads);
  node.read("edges", finding.edges);
  node.read("state", finding.state);
  node.rows("steps", false, finding.steps, [](const Node& step, Step& out) {
    step.read("thread", out.thread);
    step.read("action", out.action);
    step.read("lock", out.lock);
    step.read("state", out.state);
    step.read("site", out.site);
    step.read("stack", out.stack);
  });
  if (const auto coffman = node.member("coffman", false); coffman && coffman->isObject()) {
    finding.coffman.emplace();
    coffman->read("mutualExclusion", finding.coffman->mutual_exclusion);
    coffman->read("holdAndWait", finding.coffman->hold_and_wait);
    coffman->read("noPreemption", finding.coffman->no_preemption);
    coffman->read("circularWait", finding.coffman->circular_wait);
  }
  readFix(node, finding.fix);
  node.read("status", finding.status, statusFromText, false);
}

}  // namespace

Result<Report> readJson(std::string_view bytes, const std::string& file) {
  Json root;
  try {
    root = Json::parse(bytes.begin(), bytes.end());
  } catch (const Json::parse_error& error) {
    return Error{"not valid JSON", file, "offset " + std::to_string(error.byte > 0 ? error.byte - 1 : 0)};
  } catch (const Json::exception&) {
    return Error{"not valid JSON", file};
  }

  Fault fault;
  fault.file = file;
  const Node node(root, fault);
  Report report;
  if (!node.isObject()) return *fault.error;
  std::string schema;
  if (!node.has("schema")) return Error{"not a Gridlock report: the key \"schema\" is missing", file};
  node.read("schema", schema, true);
  if (!fault.error && schema != "gridlock-report/1") {
    const bool ours = schema.rfind("gridlock-report/", 0) == 0;
    return Error{(ours ? "a report of another version: '" : "not a Gridlock report: '") + schema +
                     "' instead of 'gridlock-report/1'",
                 file, "/schema"};
  }
  if (const auto tool = node.member("tool", true)) tool->read("version", report.tool_version);
  node.rows("runs", true, report.runs, readRun);
  node.rows("sites", false, report.sites, readSite);
  node.rows("stacks", false, report.stacks, [](const Node& stack, Stack& out) {
    stack.read("id", out.id, true);
    stack.read("frames", out.frames, true);
  });
  node.rows("threads", false, report.threads, readThread);
  node.rows("locks", true, report.locks, readLock);
  node.rows("criticalSections", true, report.critical_sections, readSection);
  node.rows("lockOrder", true, report.lock_order, readEdge);
  node.rows("segments", false, report.segments, [](const Node& segment, Segment& out) {
    segment.read("id", out.id, true);
    segment.read("thread", out.thread, true);
    segment.read("after", out.after);
    segment.read("before", out.before);
  });
  node.rows("waitFor", true, report.wait_for, readWait);
  node.rows("sharedState", true, report.shared_state, readState);
  node.rows("findings", true, report.findings, readFinding);
  node.read("harmlessCycles", report.harmless_cycles);
  if (fault.error) return *fault.error;

  if (std::optional<Error> broken = brokenReference(report)) {
    broken->file = file;
    return *broken;
  }
  return report;
}

}  // namespace gridlock::report
