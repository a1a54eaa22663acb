// The model: what every observer fills in and every writer reads.
//
// It mirrors the published report JSON (analyzer/report/report.schema.json) one to one: arrays of
// plain rows that refer to one another by `id`. Ids are unique within an array and are not
// positions. Optional members are those that the JSON may leave out.
//
// No LLVM, no JSON, no threads, no addresses: raw values end in `observe`, the AST in `extract`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/model/finding.h"

namespace gridlock::model {

std::string_view toolVersion();  // of this build, "0.1.0"

enum class RunKind : std::uint8_t { Runtime, Static, Attach, Core };
std::string_view text(RunKind kind);  // "runtime", …
std::optional<RunKind> runKindFromText(std::string_view text);

struct Exit {
  std::optional<int> code;
  std::optional<int> signal;
  bool hung = false;
};

struct FailedUnit {
  std::string file;
  std::string error;
};

struct Run {
  Id id = 0;
  RunKind kind = RunKind::Runtime;
  std::vector<std::string> command;
  std::optional<int> pid;
  std::string started;  // RFC 3339, UTC
  std::optional<double> seconds;
  std::optional<Exit> exit;
  bool complete = true;
  std::map<std::string, std::uint64_t> dropped;  // what was not recorded or analysed, by kind
  std::vector<std::string> notes;                // what could not be seen, and why: processes not covered, …
  std::optional<int> units;                      // static
  std::vector<FailedUnit> failed_units;
  std::optional<std::uint32_t> hold_every;  // sampling: one hold of this many is timed
};

struct Frame {  // one inlined frame at a site
  std::string file;
  int line = 0;
  int column = 0;
  std::string function;
};

struct Site {
  Id id = 0;
  std::string file;
  int line = 0;
  int column = 0;
  std::string function;
  std::string module;
  std::vector<Frame> inlined;  // the callers it was inlined into, innermost first
};

struct Stack {
  Id id = 0;
  std::vector<Id> frames;  // sites, innermost first
};

struct ThreadTime {
  std::uint64_t cpu_ns = 0;
  std::uint64_t lock_wait_ns = 0;
  std::uint64_t blocked_ns = 0;
};

struct Thread {
  Id id = 0;
  Id run = 0;
  std::string name;
  std::string root;           // the function it starts in
  std::optional<Id> created;  // stack (runtime) of its creation
  bool many = false;          // stands for any number of threads (static)
  std::optional<ThreadTime> time;
};

enum class LockKind : std::uint8_t {
  Mutex,
  RecursiveMutex,
  Rwlock,
  Spinlock,
  Semaphore,
  Condition,
  Barrier,
  Once,
  StaticGuard,
  File,
  Pipe,
  Thread,
  Loader,
  Gil,
  Custom,
};
std::string_view text(LockKind kind);  // as in the JSON: "recursive-mutex", …
std::optional<LockKind> lockKindFromText(std::string_view text);

// A lock class: all instances born, declared or first taken at one place; a global is a class of
// one instance.
struct Lock {
  Id id = 0;
  std::string name;  // never an address
  LockKind kind = LockKind::Mutex;
  std::optional<Id> declared;  // site of the declaration
  std::optional<Id> created;   // stack of the initialisation or first acquisition
  std::uint64_t instances = 1;
  bool process_shared = false;
  bool prefers_writers = false;  // rwlock: a waiting writer stops new readers
  bool global = false;           // one instance per process, the same in every run
};

enum class Mode : std::uint8_t { Exclusive, Shared };
enum class RequestKind : std::uint8_t { Blocking, Try, Timed };
std::string_view text(Mode mode);
std::string_view text(RequestKind kind);
std::optional<Mode> modeFromText(std::string_view text);
std::optional<RequestKind> requestKindFromText(std::string_view text);

struct Times {
  std::uint64_t total = 0;
  std::uint64_t max = 0;
  std::optional<std::uint64_t> p50;
  std::optional<std::uint64_t> p99;
};

struct CriticalSection {
  Id id = 0;
  Id lock = 0;
  Mode mode = Mode::Exclusive;
  std::optional<Id> enter;             // site
  std::vector<Id> exits;               // sites
  std::optional<std::uint64_t> count;  // times entered, all threads (runtime)
  std::optional<Times> hold_ns;
  bool estimated = false;  // hold times are sampled
  std::uint64_t contended = 0;
  std::optional<Times> wait_ns;
  std::vector<Id> state;     // shared state touched inside
  std::vector<Id> blocking;  // sites of calls that may block
  std::vector<Id> within;    // critical sections around it
};

struct HeldLock {
  Id lock = 0;
  std::optional<std::uint64_t> instance;  // distinguishes instances of a class within one run
  Mode mode = Mode::Exclusive;
};

// One way in which `from` was held while `to` was asked for. Distinct by everything but the counts.
struct Witness {
  Id run = 0;
  Id thread = 0;
  std::optional<Id> segment;
  std::optional<Id> from_stack;  // where `from` was taken
  std::optional<Id> to_stack;    // where `to` was asked for
  std::vector<HeldLock> held;    // the other locks held then: candidates for gates
  std::optional<std::uint64_t> from_instance;
  std::optional<std::uint64_t> to_instance;
  Mode from_mode = Mode::Exclusive;
  Mode to_mode = Mode::Exclusive;
  RequestKind request = RequestKind::Blocking;
  bool exact = true;  // the stacks are those of this very acquisition
  std::string note;   // why the static pass is less than sure of it; empty: certain
};

struct OrderEdge {
  Id id = 0;
  Id from = 0;  // locks
  Id to = 0;
  Mode from_mode = Mode::Exclusive;
  Mode to_mode = Mode::Exclusive;
  std::uint64_t count = 0;  // lower bound
  bool seen_runtime = false;
  bool seen_static = false;
  std::vector<Witness> witnesses;
};

struct Segment {
  Id id = 0;
  Id thread = 0;
  std::vector<Id> after;  // segments that end before this one begins
  std::vector<Id> before;
};

struct Wait {
  Id thread = 0;
  Id for_lock = 0;          // a join is a lock of kind thread
  bool any = false;         // any of held_by can end it, else all must act
  std::vector<Id> held_by;  // threads
  std::optional<Id> stack;
  std::optional<std::uint64_t> since_ns;  // how long it had waited when it was looked at
  bool timed = false;
};

struct SharedState {
  Id id = 0;
  std::string name;
  std::optional<Id> declared;  // site
  std::optional<Id> guard;     // lock
  std::uint64_t accesses = 0;
  std::uint64_t guarded = 0;
  bool written = false;
  std::string annotation;  // as found in the source or proposed: "GUARDED_BY(mutex_)"
  std::optional<Fix> fix;  // writes the annotation, where that is known to be right
};

struct Report {
  std::string tool_version;
  std::vector<Run> runs;
  std::vector<Site> sites;
  std::vector<Stack> stacks;
  std::vector<Thread> threads;
  std::vector<Lock> locks;
  std::vector<CriticalSection> critical_sections;
  std::vector<OrderEdge> lock_order;
  std::vector<Segment> segments;
  std::vector<Wait> wait_for;
  std::vector<SharedState> shared_state;
  std::vector<Finding> findings;
  // Cycles that were looked at and not reported above a note, by reason ("gate lock", …).
  std::map<std::string, std::uint64_t> harmless_cycles;
};

// The row with this id, or null. Constant time where ids are positions, as `derive` leaves them;
// linear else.
template <typename Row>
const Row* byId(const std::vector<Row>& rows, Id id) {
  if (id < rows.size() && rows[id].id == id) return &rows[id];
  for (const Row& row : rows)
    if (row.id == id) return &row;
  return nullptr;
}

}  // namespace gridlock::model
