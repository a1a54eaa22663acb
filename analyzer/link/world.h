// Top-down: every thread of a program from its root, with what is held, alive
// and pointed to.
//
// A context is a function as called with these locks held, these arguments,
// these threads alive, in this thread. Summaries are never run again: their
// events are looked at in each context, so that a symbolic address becomes
// places (objects and fields), a symbolic lock the locks, a Via the callee's
// own. Points-to is found on the way, in rounds, until nothing new is stored
// anywhere; the last round's events are the result. Past a bound, contexts of a
// function are joined: fewer locks, more aliases, never the reverse.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/link/lockset.h"

namespace gridlock::link {

using PlaceId = std::uint32_t;  // an object, or a part of one
using SetId = std::uint32_t;    // an interned sorted list of numbers
using ContextId = std::uint32_t;
using OriginId = std::uint32_t;

enum class ObjectKind : std::uint8_t { Global, Function, Local, Heap, Thread, Unknown };

struct Object {
  ObjectKind kind = ObjectKind::Unknown;
  std::uint32_t a = 0;      // symbol; function; Gid
  std::uint32_t b = 0;      // local
  OriginId origin = 0;      // Local, Heap: the thread that makes it
  std::uint64_t clone = 0;  // Heap: the call that asked a wrapper for it
  bool several = false;     // stands for more than one
  bool mixed = false;       // Heap: made where calls for unrelated objects were joined past the bound
  ContextId context = kNone;
  std::uint32_t version = 0;  // grows with what is stored in it
};

struct Part {
  PlaceId parent = kNone;
  std::uint32_t object = 0;
  facts::StepKind step = facts::StepKind::Deref;  // Deref: the object itself
  Index field = kNone;
  std::int64_t index = -1;  // element: -1 any
};

// Marks the key of a semaphore that is no mutex by itself.
inline constexpr std::uint64_t kSemaphoreKey = 1ull << 62;

// Arguments that lead to what a lock guards, with the relation of the two.
using Related = std::vector<std::pair<std::uint32_t, std::uint64_t>>;

// A lock held when a context is entered.
struct EntryLock {
  SymId sym = kNoSym;  // in the context's terms, if it has any
  SetId places = 0;
  Mode mode = Mode::Exclusive;
  bool soft = false;          // a flag used as a lock
  bool hashed = false;        // an element that a computed index selects
  ContextId context = kNone;  // where it was taken
  Gid at = 0, primitive = 0;
  Related related;
};

struct HeldAt : EntryLock {  // a lock held at an event
  bool maybe = false;
};

struct Context {
  Index function = kNone;
  OriginId origin = 0;
  std::vector<EntryLock> held;
  std::vector<SetId> arguments;
  std::vector<std::int64_t> constants;  // kNoConstant: none
  std::vector<bool> fresh;
  std::vector<bool> own;                       // arguments: what they point to is this thread's own
  std::vector<SymId> varying;                  // differs between threads of the origin
  std::vector<SymId> rounds;                   // differs between the rounds of a loop that starts threads
  SetId alive = 0;                             // AliveRefs
  SetId awaited = 0, signalled = 0, once = 0;  // places
  SetId acquired = 0;                          // gates passed
  std::uint32_t phase = 0;                     // between which barriers it is entered
  std::uint32_t frames = 0;                    // the same, of the calls that lead here
  std::uint64_t only = 0;                      // what makes it one thread of its origin, if anything
  ContextId parent = kNone;
  Gid call = 0;
  std::uint64_t path = 0;  // hash of the calls from the thread's root
  std::uint64_t clone = 0;
  bool single = true;          // entered once
  bool joined = false;         // stands for what is past the bound
  bool mixed = false;          // allocates, for callers that were joined
  std::vector<Fact> flags;     // what the thread's root has found of mode flags
  std::vector<Fact> settings;  // of the first thread: what it has set them to, and leaves so here
  Index doubt = kNone;         // a mode flag that must have changed since
  bool dying = false;          // only runs while the process is being ended, by abort or the like
  std::map<Gid, std::vector<ContextId>> children;
  std::unordered_map<SymId, SetId> values;  // memo of this round
};

// A lock that the thread which starts another holds meanwhile: where that one taking of it began.
struct StartHeld {
  PlaceId lock = 0;
  ContextId context = kNone;
  Gid at = 0;
  bool operator==(const StartHeld&) const = default;
};

struct Origin {
  Gid start = 0;  // 0 with parent kNone: main, or an entry of a library
  OriginId parent = kNone;
  ContextId creator = kNone;
  Index entry = kNone;  // function
  ContextId root = kNone;
  SetId alive = 0;  // AliveRefs at its start
  bool many = false;
  bool signal = false;     // a signal handler, not a thread
  bool crash = false;      // of a signal by which programs crash
  bool open = false;       // an entry of a library: any thread may come
  std::uint64_t path = 0;  // of the context that starts it
  std::vector<SetId> arguments;
  std::vector<StartHeld> held;  // by its starter at its start
  std::vector<Fact> settings;   // as its starter knows them then
  bool started = false;         // in this round
  // Of those, the ones that the starter keeps for as long as this thread lives.
  std::vector<StartHeld> covers;
};

// A lock at an access or acquisition.
struct LockUse {
  std::uint64_t key = 0;  // a place, or a relation of access and lock
  Mode mode = Mode::Exclusive;
  bool operator==(const LockUse&) const = default;
  auto operator<=>(const LockUse&) const = default;
};

struct Access {
  PlaceId place = 0;
  Gid gid = 0;
  ContextId context = 0;
  Index event = 0;  // of the summary
  std::uint32_t flags = 0;
  SetId locks = 0;  // into lock_uses
  SetId alive = 0;
  SetId awaited = 0, signalled = 0;
  SetId acquired = 0;  // gates passed
  std::uint32_t phase = 0;
  std::uint64_t only = 0;  // equal and not 0: the same thread of an origin
  OriginId origin = 0;
  Index doubt = kNone;      // a mode flag that must change on the way here
  bool distinct = false;    // another place in each thread of the origin
  std::uint16_t width = 1;  // how many places the address may be
};

class World {
 public:
  World(LinkContext& context, bool open);
  void run();

  LinkContext& link;
  Program& program;
  SymTable& syms;
  std::vector<Object> objects;
  std::vector<Part> parts;
  std::vector<Context> contexts;
  std::vector<Origin> origins;
  std::vector<Access> accesses;
  std::vector<std::vector<LockUse>> lock_uses;
  std::unordered_map<PlaceId, LockKind> lock_kinds;
  std::unordered_map<PlaceId, std::int64_t> semaphore_values;
  std::unordered_map<PlaceId, std::int64_t> latch_counts;  // -1: not known
  std::set<PlaceId> recursive_locks;
  std::set<PlaceId> error_checking_locks;
  std::set<PlaceId> writer_preferring_locks;  // reader-writer locks: who waits to write stops new readers
  bool cut = false;
  bool open_world = false;

  const std::vector<std::uint32_t>& set(SetId id) const { return sets_[id]; }
  SetId intern(std::vector<std::uint32_t> items);
  SetId eval(ContextId context, SymId sym);
  std::vector<HeldAt> heldAt(ContextId context, const Snapshot& snapshot);
  SetId aliveAt(ContextId context, const Snapshot& snapshot);
  bool feasible(ContextId context, const Summary& summary, const Snapshot& snapshot);
  // Where and when an event is: all of an access but what is accessed.
  Access sideAt(ContextId context, Index event);
  bool singlePlace(PlaceId place) const;
  bool accessor(Gid gid) const;
  bool isClosure(Index function, Index local) const;
  // What makes it one thread of its origin; 0: nothing.
  std::uint64_t onlyOne(ContextId context, const Snapshot& snapshot) const;
  bool mayBeAlive(SetId alive, OriginId origin) const;
  std::vector<OriginId> originsOfThread(PlaceId thread) const;
  // Whether the threads that started theirs hold locks that keep the two apart.
  bool keptApart(const Access& a, const Access& b);
  // Whether barriers keep two accesses by threads of one origin apart.
  bool phasesApart(const Access& a, const Access& b) const;
  // Whether `b` comes after its thread has taken a lock that `a` held when that thread was started.
  bool gated(const Access& a, const Access& b);
  // Whether something of `a` (with `a_alive`) may run while something of `b`
  // does.
  bool parallel(OriginId a, SetId a_alive, OriginId b, SetId b_alive) const;
  std::string nameOf(PlaceId place) const;
  Place declaredAt(PlaceId place) const;
  Index typeOf(PlaceId place) const;
  bool overlaps(PlaceId a, PlaceId b) const;
  std::vector<Gid> stackOf(ContextId context, Gid gid) const;  // innermost first
  bool threadPrivate(PlaceId place) const;
  const Object& objectOf(PlaceId place) const { return objects[parts[place].object]; }
  bool containsOrigin(OriginId ancestor, OriginId origin) const;

 private:
  friend struct WorldBuilder;
  void round();
  void process(ContextId context);
  void processEvent(ContextId context, Index event);
  ContextId enter(ContextId from, Gid call, Index function, const std::vector<SymId>& args,
                  const CallSite& site, const Snapshot& snapshot, bool dying);
  void start(ContextId from, const Event& event, const CallSite& site, const Snapshot& snapshot);
  template <typename Add>
  void addBound(PlaceId place, const CallSite& site, Add&& addFunction);
  std::vector<std::pair<Index, std::vector<SymId>>> resolve(ContextId context, const CallSite& site);
  PlaceId objectPlace(ObjectKind kind, std::uint32_t a, std::uint32_t b, OriginId origin, std::uint64_t clone,
                      ContextId context);
  PlaceId part(PlaceId parent, facts::StepKind step, Index field, std::int64_t index);
  SetId evalNew(ContextId context, SymId sym, unsigned depth);
  SetId evalPhi(ContextId context, SymId sym, unsigned depth);
  SetId evalDepth(ContextId context, SymId sym, unsigned depth);
  void addContent(PlaceId place, SetId values);
  SetId contentOf(PlaceId place) const;
  void copyObject(PlaceId to, PlaceId from, Index type);
  void copy(PlaceId to, PlaceId from, Index type, unsigned depth);
  bool sameRecord(Index type, Index record) const;  // but for qualifiers
  SetId unite(SetId a, SetId b);
  std::optional<std::int64_t> constant(ContextId context, SymId sym) const;
  bool isVarying(ContextId context, SymId sym) const;
  bool isPartition(ContextId context, SymId phi) const;
  struct Linear {
    SymId base = kNoSym;
    std::int64_t factor = 0, rest = 0;
  };
  std::optional<Linear> linear(SymId sym) const;
  bool reachesNext(SymId begin, SymId end) const;
  bool isDrawn(SymId sym) const;
  bool isCrash(SymId signal) const;
  bool isHashed(SymId lock) const;
  SetId tokens(ContextId context, SetId entry, const std::vector<SymId>& own, bool certain, bool filter);
  std::set<OriginId> resolveAlive(std::uint32_t ref, unsigned depth = 0) const;
  std::set<OriginId> originsOf(ContextId context, SymId handle, unsigned depth) const;
  void finish();
  bool singleAddress(SymId address) const;
  void markReachable();
  bool outlives(OriginId origin) const;
  SetId lockUsesAt(ContextId context, SymId address, const Snapshot& snapshot);
  Related relatedArguments(const HeldAt& held, const std::vector<SymId>& args);
  std::uint64_t relation(SymId access, SymId lock);
  std::vector<SymId> eitherOfTwo(const HeldAt& held, const std::vector<HeldAt>& all);
  std::uint32_t rootParameter(SymId id) const;
  Index doubtAt(ContextId context, const Snapshot& snapshot) const;
  SymId translate(SymId sym, const std::vector<SymId>& args) const;
  bool differs(const std::vector<SymId>& varying, SymId sym) const;
  std::uint32_t phaseAt(ContextId context, const Snapshot& snapshot);
  std::uint32_t deeper(std::uint32_t frames, std::vector<Gid> phase);
  void checkBarriers();
  void noteHeldAtStart(OriginId origin, ContextId from, const Snapshot& snapshot);
  SetId gatesPassed(ContextId context, const Snapshot& snapshot);
  void findCovers();
  void processInitialisers(ContextId root_like, OriginId origin);

  std::vector<std::vector<std::uint32_t>> sets_;
  std::unordered_map<std::uint64_t, std::vector<SetId>> set_ids_;
  std::unordered_map<std::uint64_t, SetId> unions_;  // of two sets
  std::map<std::tuple<std::uint8_t, std::uint32_t, std::uint32_t, OriginId, std::uint64_t>, PlaceId>
      object_ids_;
  struct PartKey {
    PlaceId parent = kNone;
    facts::StepKind step = facts::StepKind::Deref;
    Index field = kNone;
    std::int64_t index = -1;
    bool operator==(const PartKey&) const = default;
  };
  struct PartKeyHash {
    std::size_t operator()(const PartKey& key) const {
      std::uint64_t h = key.parent * 0x9e3779b97f4a7c15ull;
      h = (h ^ key.field ^ static_cast<std::uint64_t>(key.step) << 40) * 0xff51afd7ed558ccdull;
      h = (h ^ h >> 29 ^ static_cast<std::uint64_t>(key.index)) * 0xc4ceb9fe1a85ec53ull;
      return h ^ h >> 32;
    }
  };
  std::unordered_map<PartKey, PlaceId, PartKeyHash> part_ids_;
  std::vector<std::vector<PlaceId>> children_;  // by place, as the next one; may be shorter than parts
  std::vector<SetId> contents_;
  // By type, to and from: the version copied, plus one.
  std::unordered_map<Index, std::unordered_map<std::uint64_t, std::uint32_t>> copied_;
  bool changed_ = false;
  std::unordered_map<std::uint64_t, std::vector<ContextId>> context_ids_;
  std::map<std::pair<Index, OriginId>, unsigned> context_counts_;
  std::map<std::pair<Index, OriginId>, ContextId> joined_contexts_;
  std::map<std::tuple<Gid, OriginId, Index, std::uint64_t>, OriginId> origin_ids_;
  std::map<std::pair<ContextId, Gid>, std::vector<OriginId>> started_;
  std::vector<std::pair<ContextId, SymId>> alive_refs_;
  std::map<std::pair<ContextId, SymId>, std::uint32_t> alive_ids_;
  mutable std::map<SetId, std::set<OriginId>> alive_origins_;
  std::map<std::pair<ContextId, Gid>, SetId> results_;
  std::unordered_map<std::uint64_t, bool> access_ids_;
  std::map<std::vector<LockUse>, SetId> lock_use_ids_;
  std::unordered_map<std::uint64_t, std::uint64_t> relations_;  // by access and lock
  std::set<std::uint32_t> reachable_;                           // objects
  std::vector<ContextId> again_;
  std::set<ContextId> processing_;
  unsigned phi_depth_ = 0;  // inside evalPhi
  bool phi_grown_ = false;
  // By context and expression, while a phi is evaluated: what this round found, and the phis so far.
  std::unordered_map<std::uint64_t, SetId> provisional_;
  std::unordered_map<std::uint64_t, SetId> phi_values_;
  // What the last barrier was, in each function from the thread's root on.
  std::vector<std::vector<std::vector<Gid>>> phases_{{}, {{kNone}}};
  std::map<std::vector<std::vector<Gid>>, std::uint32_t> phase_ids_;
  bool in_step_ = true;                               // all threads of an origin pass the same barriers
  std::set<Index> changing_;                          // settings that are written while threads run
  std::set<PlaceId> gates_;                           // locks held while a thread was started
  std::vector<std::pair<PlaceId, OriginId>> passes_;  // a gate, and the thread that passed it
  std::map<std::pair<PlaceId, OriginId>, std::uint32_t> pass_ids_;
  bool final_ = false;
  std::uint64_t steps_ = 0;
};

}  // namespace gridlock::link
