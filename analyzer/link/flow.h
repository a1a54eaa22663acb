// Internal to lockset: the symbolic execution of one function.
//
// Property simulation (ESP, PLDI 2002): a block keeps several states, one for
// each set of held locks that can arrive there; states that agree on it are
// merged. So `if (l) lock(); … if (l) unlock();` and `if (trylock() == 0) …`
// are followed exactly, at a cost near that of plain dataflow.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "analyzer/link/lockset.h"
#include "analyzer/link/summary.h"

namespace gridlock::link {

// The lists of a state are sorted sets.
template <typename T>
void addSorted(std::vector<T>& list, std::type_identity_t<T> item) {
  const auto at = std::lower_bound(list.begin(), list.end(), item);
  if (at == list.end() || *at != item) list.insert(at, item);
}

// Past this many, locks that are held only perhaps are forgotten.
inline constexpr std::size_t kLocksHeld = 24;
// Locks remembered that were taken once.
inline constexpr std::size_t kAcquired = 6;

struct State {
  std::vector<Held> locks;           // in order of acquisition
  std::vector<Binding> memory;       // sorted by address
  std::vector<Fact> facts;           // sorted
  std::vector<Fact> needs;           // sorted: of what memory held at the entry, and holds no more
  std::vector<SymId> idle;           // sorted: flags found 0 since the outermost lock was taken
  std::vector<std::uint64_t> wrote;  // sorted: keys of what this way has written
  bool wrote_more = false;
  bool blurred = false;  // others may have written since the entry
  Snapshot rest;         // all but `locks`
  bool operator==(const State&) const = default;
};

struct Loop {
  Index header = 0;
  std::vector<bool> blocks;
  std::set<Gid> gids;
  std::optional<std::int64_t> bound;  // the constant its counter is compared with
  SymId bound_sym = kNoSym;
  Index bound_local = kNone;  // the local that it is
  facts::CompareOp bound_op = facts::CompareOp::Lt;
  bool has_bound = false;
  bool has_joins = false;                           // joins some thread, in whatever way
  std::optional<std::int64_t> first;                // what its counter starts with
  SymId counter = kNoSym;                           // address
  std::vector<SymId> joins;                         // addresses of handles joined in each round
  std::pair<SymId, SymId> partial{kNoSym, kNoSym};  // an array, and the handle of which it joins some
  bool spins = false;                               // waits for others: nothing in it writes
  std::vector<SymId> searched;                      // what it looks for and takes out where it finds it
};

// A call of a function that a model describes. Lives as long as its effects are applied.
struct ModelCall {
  const facts::Instruction& in;
  Gid gid;
  Index symbol;
  const std::vector<SymId>& args;
  const SymbolInfo& info;
  bool used;  // its result is looked at

  SymId arg(int i) const {
    return i < 0 || static_cast<std::size_t>(i) >= args.size() ? kNoSym : args[static_cast<std::size_t>(i)];
  }
};

// Where Return leaves its value.
inline SymId returnSlot(SymTable& syms, Index function) {
  return syms.make(SymKind::Local, function, 0xfffffff0u);
}

class Flow {
 public:
  Flow(LinkContext& context, Index function);
  Summary run();

 private:
  friend class Effects;
  using States = std::vector<State>;

  // --- graph (flow_graph.cpp)
  void findUsedResults();
  void prepareGraph();
  void findDyingBlocks();
  void findChoices();
  void findLoops();
  void trim(State& state);
  void enterBlock(Index block, Index from, State state);
  void staleLoop(State& state, const Loop& loop);
  bool isSpin(const Loop& loop) const;
  void lookAgain(State& state) const;
  bool mergeInto(State& into, const State& other, Index block);
  std::uint64_t propertyOf(const State& state, Index block) const;

  // --- values (flow_values.cpp)
  SymId evalValue(facts::ValueId value, State& state);
  SymId addressOf(facts::PathId path, State& state, bool* whole_object = nullptr);
  SymId load(SymId address, const State& state);
  SymId defaultContent(SymId address);
  SymId arithmetic(SymId left, SymId right, std::int64_t operation);
  void store(SymId address, SymId value, State& state);
  void forget(SymId address, State& state);  // and what is inside
  void forgetField(std::uint64_t key, State& state);
  void copyObject(SymId to, SymId from, State& state);
  bool assume(SymId condition, bool truth, State& state);
  bool assumeEqual(SymId value, bool equal, std::int64_t number, State& state);
  std::optional<std::int64_t> constantOf(SymId value, const State& state) const;
  bool isFresh(SymId root, const State& state) const;
  bool isAllocation(SymId value) const;
  bool mayBeFresh(SymId root, const State& state) const;
  void escape(SymId value, State& state, unsigned depth = 0);
  void renew(SymId root,
             State& state);  // a new object where the one of an earlier round was
  bool isAtomicAddress(SymId address) const;
  bool isRecordType(Index type) const;
  Index pathType(facts::PathId path) const;
  Index valueType(facts::ValueId value) const;
  Index recordOf(Index type) const;  // through references
  Index copiedType(const facts::Instruction& in, int a, int b) const;

  // --- execution (flow.cpp)
  void runBlock(Index block, bool emit);
  void execute(Index instruction, States& states);
  void executeOn(Index instruction, State state, States& out);
  void access(const facts::Instruction& in, Gid gid, State& state, SymId address, std::uint32_t flags,
              SymId value);
  Event& emit(EventKind kind, Gid gid, const State& state);
  Index snapshotOf(const State& state);
  void addOutcomes();
  void leakEvents();

  // --- calls (flow_calls.cpp)
  void call(const facts::Instruction& in, Gid gid, State state, States& out);
  void applySummary(const Summary& callee, const facts::Instruction& in, Gid gid,
                    const std::vector<SymId>& args, const State& before, States& out);
  void noteInvalidUse(const Outcome& outcome, Gid gid, const std::vector<SymId>& args, State& state);
  SymId substitute(SymId sym, Gid gid, const std::vector<SymId>& args, State& state);
  bool varies(SymId value, Gid gid) const;
  bool madeForStart(SymId value, Gid gid) const;
  void noteIndexed(SymId address, SymId value, const facts::Instruction& in);
  bool ownOfIndex(SymId value, SymId index) const;
  Index addCall(CallSite site);
  void noteCall(Gid gid, const State& state, SymId callee, const std::vector<SymId>& args, EventKind kind,
                bool forwarded, SymId handle = kNoSym);
  void setResult(Gid gid, SymId value, State& state);
  void unknownCall(const facts::Instruction& in, Gid gid, const std::vector<SymId>& args, Index symbol,
                   State& state);
  std::vector<Index> targetsOf(const facts::Instruction& in, SymId callee, bool& open);

  // --- what models mean (flow_models.cpp, flow_model_*.cpp)
  bool model(const Model& model, const facts::Instruction& in, Gid gid, Index symbol,
             const std::vector<SymId>& args, State state, States& out);
  // One effect; false where this way ends, or its continuations stand in `next`.
  bool modelLock(const ModelCall& call, const Effect& effect, State& state, States& next);
  bool modelGuard(const ModelCall& call, const Effect& effect, State& state, States& next);
  bool modelWait(const ModelCall& call, const Effect& effect, State& state, States& next);
  bool modelThread(const ModelCall& call, const Effect& effect, State& state, States& next);
  bool modelObject(const ModelCall& call, const Effect& effect, State& state);
  void assumeResult(const ModelCall& call, const Effect& effect, bool success, State& state);
  void alsoFailing(const ModelCall& call, const Effect& effect, const State& state, States& next);

  // --- locks and guards (flow_locks.cpp), threads' handles (flow_joins.cpp)
  void acquire(SymId lock, Mode mode, bool tried, bool timed, LockKind kind, Gid gid, Gid primitive,
               State& state);
  void release(SymId lock, Mode mode, Gid gid, State& state, bool semaphore = false);
  void openGuard(const Effect& effect, const facts::Instruction& in, Gid gid, Index symbol,
                 const std::vector<SymId>& args, State state, States& out);
  void closeGuard(SymId guard, Gid gid, State state, States& out);
  SymId guardField(SymId guard, unsigned which);
  std::vector<SymId> guardLocks(SymId guard, const State& state);
  void joinThread(SymId address, Gid gid, State& state, bool any_element);
  void joinValue(SymId handle, State& state);
  void joinedOne(SymId home, std::int64_t index, SymId handle, State& state);
  void noteHome(SymId address, SymId handle);
  void keepHandle(Gid gid, SymId place, SymId handle, State& state);
  void clearFlag(SymId address, SymId value, State& state);
  void atomicUpdate(const facts::Instruction& in, Gid gid, SymId address, State state, States& out);
  bool mayAliasLock(SymId a, SymId b) const;
  bool isVague(SymId sym) const;
  SymId narrowed(SymId value, const std::vector<Fact>& facts) const;
  bool isPrecise(SymId sym) const;
  std::vector<SymId> alternatives(SymId value) const;
  std::vector<Held>::reverse_iterator heldBy(SymId lock, State& state, bool any) const;
  bool isHandle(SymId value) const;
  bool covers(const Loop& joins, std::int64_t offset, SymId handle) const;
  std::int64_t offsetOf(SymId index) const;
  bool oneOfMany(SymId handle) const;
  bool paramsOnly(SymId sym) const;
  LockKind lockKindOf(SymId lock) const;

  // --- atomic sections, and flags and tickets as locks (flow_sections.cpp)
  bool isSection(Index symbol) const;
  bool isSetting(SymId content) const;
  SymId sectionLock();
  void openSection(Gid gid, State& state);
  void closeSection(State& state);
  void foundIdle(SymId value, State& state) const;
  void takeFlag(SymId address, SymId value, Gid gid, State& state);
  void takeTicket(SymId left, SymId right, State& state);
  bool isTicket(SymId value) const;
  Held* holdSoft(SymId lock, Gid gid, State& state, Mode mode = Mode::Exclusive);
  void dropSoft(SymId lock, State& state);
  void passPermit(State& state) const;
  void takeTurn(SymId value, State& state);
  void countReader(SymId address, facts::ValueId value, Gid gid, State& state);
  bool holds(SymId sym, const Fact& fact, State& state);
  void noteWritten(std::uint64_t key, State& state);
  bool meets(const Summary& callee, const Outcome& outcome, Gid gid, const std::vector<SymId>& args,
             State& source, std::vector<SymId>& idle);
  void noteLockKind(Gid gid, SymId address, SymId value, const State& state);
  std::size_t mentions(SymId local) const;
  void containerCall(const facts::Instruction& in, Gid gid, Index symbol, const std::vector<SymId>& args,
                     State& state);
  SymId pointerContent(SymId object, State& state);

  // --- whose an object is (flow_ownership.cpp)
  void takeOut(SymId address, SymId value, State& state);
  void giveAway(SymId value, State& state) const;
  void noteRead(SymId address, const State& state);
  void noteFound(SymId value, State& state) const;
  std::vector<SymId> phisOf(SymId name) const;
  bool leadsTo(SymId address, SymId item, SymId field, SymId old, const State& state) const;
  struct Own {
    bool any = false;        // something was taken
    bool through = false;    // what it leads to is meant, of another kind
    bool arguments = false;  // an argument counts as taken
    Index argument = kNone;  // which one did
  };
  bool ownWay(SymId value, const State& state, std::vector<SymId>& seen, Own& found) const;
  Own ownIfGiven(SymId address, const State& state) const;
  bool isOwn(SymId address, const State& state, bool* through = nullptr) const;
  bool isDrawn(SymId number, const State& state) const;
  void noteLast(SymId count, std::int64_t number, State& state);

  // --- functions of the C++ library without a model of their own (flow_library.cpp)
  void libraryCall(const facts::Instruction& in, Gid gid, Index symbol, const std::vector<SymId>& args,
                   State& state);
  void callWithElement(const facts::Instruction& in, Gid gid, SymId callee, SymId element, State& state);
  void swapObjects(const facts::Instruction& in, Gid gid, SymId a, SymId b, State& state);
  void copyWhole(SymId to, SymId from, Gid gid, State& state);
  SymId pointerArgument(const facts::Instruction& in, const std::vector<SymId>& args, std::size_t index,
                        State& state);
  SymId elementsOf(SymId container, std::string_view record, State& state);

  // --- where objects begin and end that a library object holds (flow_lifetimes.cpp)
  void destroyHeld(const facts::Instruction& in, Gid gid, Index record, SymId object, State& state);
  void destroyAt(const facts::Instruction& in, Gid gid, Index record, SymId address, State& state);
  void renewAt(SymId address, State& state);
  void moveOut(Index record, SymId object, State& state);
  bool holdsGuard(const facts::Instruction& in, Gid gid, Index symbol, const std::vector<SymId>& args,
                  State& state, States& out);
  SymId ownCopy(Gid gid, SymId callee, SymId argument, State& state);
  SymId calleeOf(const facts::Instruction& in, std::size_t index, SymId value, State& state);
  std::vector<SymId> forward(Index target, bool method, const std::vector<SymId>& args, State& state);
  void startThread(const facts::Instruction& in, Gid gid, SymId entry, std::vector<SymId> args,
                   bool forwarded, SymId place, State& state);
  Index prepareInvoke(const facts::Instruction& in, SymId& callee, std::vector<SymId>& args, bool forwarded,
                      State& state);
  void invoke(const facts::Instruction& in, Gid gid, SymId callee, std::vector<SymId> args, State& state,
              bool assume_true);
  void constructAt(const facts::Instruction& in, Gid gid, Index symbol, SymId memory,
                   const std::vector<SymId>& args, State& state);
  void constructRecord(Gid gid, Index record, SymId memory, const std::vector<SymId>& args, State& state);
  void readObject(const facts::Instruction& in, Gid gid, SymId object, State& state);
  void writeObject(const facts::Instruction& in, Gid gid, SymId object, SymId value, State& state);
  void escapeInto(SymId place, SymId value, State& state);
  SymId range(const facts::Instruction& in, int position, SymId address);
  void handlerSet(Gid gid, SymId handler, SymId signal, const State& state);
  void accessRest(const Effect& effect, const facts::Instruction& in, Gid gid, const std::vector<SymId>& args,
                  State& state);
  void afterBlocking(State& state);
  Index typeOfAddress(SymId address) const;
  SymId handleOf(Gid gid);
  void waitOn(SymId condition, SymId lock, Gid gid, std::uint32_t flags, State& state);

  LinkContext& context_;
  Program& program_;
  SymTable& syms_;
  Index function_;
  const FunctionInfo& info_;
  const facts::Function& body_;
  const facts::Unit& unit_;

  std::vector<States> in_;
  std::vector<std::vector<Index>> predecessors_;
  std::vector<Index> order_;     // reverse post-order
  std::vector<Index> position_;  // of a block in it
  std::vector<bool> dying_;      // blocks from which every way ends the process
  std::vector<Loop> loops_;
  std::vector<std::vector<Index>> loops_of_;  // per block, inner ones last
  std::vector<std::vector<SymId>> choices_;   // per block: temporaries of && || and ?: that it looks at
  std::set<std::pair<Index, Index>> pending_;
  std::vector<bool> queued_;
  std::set<Index> pruned_;  // blocks where what a merged variable holds ruled a way out
  std::map<std::pair<Index, std::uint64_t>, std::uint32_t> phi_ways_;
  bool emitting_ = false;
  unsigned budget_ = 0;
  std::set<Index> used_results_;    // instructions whose result something looks at
  std::set<Gid> crossing_results_;  // … in another block
  bool has_guards_ = false;
  Index block_ = 0;
  bool forwardedByReference_ = false;
  bool invoking_ = false;
  std::set<SymId> read_atomically_;            // addresses, with acquire order
  std::map<SymId, std::set<Gid>> read_under_;  // addresses: where locks were taken that were held at a read
  std::map<SymId, Index> own_copies_;          // a thread's copy of a callable object: its class
  std::map<SymId, std::int64_t> home_index_;   // of a handle: which element
  std::map<SymId, std::int64_t> home_offset_;  // … what is added to a counter for it
  std::map<SymId, std::set<SymId>> homes_;     // array or container: handles kept in it

  Summary summary_;
  std::map<std::uint64_t, std::vector<Index>> snapshot_ids_;
  std::unordered_map<std::uint64_t, std::vector<Index>> event_ids_;
  std::set<std::uint64_t> written_;
};

}  // namespace gridlock::link
