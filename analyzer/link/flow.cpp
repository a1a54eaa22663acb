// Flow: runs one function to its fixpoint, then writes down its events and
// outcomes.
#include "analyzer/link/flow.h"

#include "analyzer/facts/arithmetic.h"
#include "analyzer/link/mix.h"

#include <algorithm>

namespace gridlock::link {

using facts::InstructionKind;

namespace {

constexpr std::size_t kOutcomes = 8;
constexpr std::size_t kStores = 32;

// Whether an address is of an element of an array, or of a part of one.
bool throughElement(const SymTable& syms, SymId address) {
  while (syms[address].kind == SymKind::Field) address = syms[address].a;
  return syms[address].kind == SymKind::Element;
}

}  // namespace

Flow::Flow(LinkContext& context, Index function)
    : context_(context),
      program_(context.program),
      syms_(context.syms),
      function_(function),
      info_(context.program.functions[function]),
      body_(*info_.body),
      unit_(*info_.map->unit) {}

Summary Flow::run() {
  prepareGraph();
  summary_.section = isSection(info_.symbol);
  for (int round = 0; round < 2; ++round) {
    std::size_t joins = 0;
    for (Loop& loop : loops_)
      joins += loop.joins.size() + (loop.partial.first != kNoSym) + loop.searched.size();
    for (auto& states : in_) states.clear();
    queued_.assign(body_.blocks.size(), false);
    pending_.clear();
    budget_ = static_cast<unsigned>(order_.size()) * 6 + 60;
    State entry;
    if (summary_.section) openSection(info_.first_gid, entry);
    entry.blurred = false;
    enterBlock(body_.entry, kNone, std::move(entry));
    unsigned hard_stop = static_cast<unsigned>(order_.size()) * 16 + 200;
    while (!pending_.empty() && hard_stop-- > 0) {
      Index block = pending_.begin()->second;
      pending_.erase(pending_.begin());
      queued_[block] = false;
      if (budget_ > 0) --budget_;
      runBlock(block, false);
    }
    if (!pending_.empty()) summary_.cut = true;
    std::size_t joins_now = 0;
    for (Loop& loop : loops_)
      joins_now += loop.joins.size() + (loop.partial.first != kNoSym) + loop.searched.size();
    if (joins_now == joins) break;
  }
  emitting_ = true;
  for (Index block : order_) runBlock(block, true);
  addOutcomes();
  for (std::uint64_t key : written_) summary_.writes.push_back(key);
  if (summary_.writes.size() > 256) {
    summary_.writes.clear();
    summary_.writes_anything = true;
  }
  summary_.ready = true;
  return std::move(summary_);
}

void Flow::runBlock(Index block, bool emit) {
  const facts::Block& b = body_.blocks[block];
  block_ = block;
  for (const State& in : States(in_[block])) {
    States states{in};
    for (Index i : b.instructions) {
      execute(i, states);
      if (states.empty()) break;
    }
    if (emit) continue;
    for (State& state : states) {
      SymId condition = kNoSym;
      if (b.condition != kNone) condition = evalValue(b.condition, state);
      if (condition != kNoSym && syms_[condition].kind == SymKind::Compare &&
          syms_[syms_[condition].a].kind == SymKind::Phi) {
        std::vector<SymId>& bounds = context_.bounds[syms_[condition].a];
        SymId bound = syms_[condition].b;
        if (syms_[condition].n == static_cast<std::int64_t>(facts::CompareOp::Le))
          bound = arithmetic(bound, syms_.constant(1), static_cast<std::int64_t>(facts::Arithmetic::Add));
        if (bounds.size() < 4 && std::find(bounds.begin(), bounds.end(), bound) == bounds.end())
          bounds.push_back(bound);
      }
      for (const facts::Edge& edge : b.successors) {
        State next = state;
        bool feasible = true;
        if (condition != kNoSym) {
          if (edge.kind == facts::EdgeKind::IfTrue) feasible = assume(condition, true, next);
          if (edge.kind == facts::EdgeKind::IfFalse) feasible = assume(condition, false, next);
          if (edge.kind == facts::EdgeKind::Case) feasible = assumeEqual(condition, true, edge.number, next);
          if (edge.kind == facts::EdgeKind::Default) {
            for (const facts::Edge& other : b.successors) {
              if (other.kind == facts::EdgeKind::Case && feasible)
                feasible = assumeEqual(condition, false, other.number, next);
            }
          }
        }
        if (edge.kind == facts::EdgeKind::Exception) next.rest.thrown = false;
        if (feasible) enterBlock(edge.target, block, std::move(next));
      }
    }
  }
}

void Flow::execute(Index instruction, States& states) {
  States out;
  for (State& state : states) executeOn(instruction, std::move(state), out);
  // Keep the number of ways small: equal properties merge here, too.
  if (out.size() > 1) {
    States merged;
    for (State& state : out) {
      bool done = false;
      for (State& mine : merged) {
        if (mine == state) {
          done = true;
          break;
        }
      }
      if (!done && merged.size() < 24) merged.push_back(std::move(state));
    }
    out = std::move(merged);
  }
  states = std::move(out);
}

void Flow::executeOn(Index instruction, State state, States& out) {
  const facts::Instruction& in = body_.instructions[instruction];
  Gid gid = info_.first_gid + instruction;
  switch (in.kind) {
    case InstructionKind::Read: {
      bool whole = false;
      SymId address = addressOf(in.path, state, &whole);
      noteRead(address, state);
      access(in, gid, state, address, kEventRead | (whole ? kEventWhole : 0u), kNoSym);
      if (in.flags & facts::kInstrAtomic) {
        // Others write it at any time: each load is a new one.
        forget(address, state);
        SymId value = syms_.make(SymKind::Load, address);
        std::erase_if(state.facts, [&](const Fact& fact) { return syms_.contains(fact.sym, value); });
        // Only an acquiring load orders what comes after it.
        setResult(gid, (in.flags & facts::kInstrAcquire) ? value : kNoSym, state);
        if (in.flags & facts::kInstrAcquire) read_atomically_.insert(address);
      }
      break;
    }
    case InstructionKind::Write: {
      bool whole = false;
      SymId address = addressOf(in.path, state, &whole);
      SymId value =
          in.value == kNone ? syms_.make(SymKind::Unknown, gid, 9, address) : evalValue(in.value, state);
      const bool object = !whole && (in.flags & facts::kInstrAtomic) && in.value != kNone &&
                          unit_.values[in.value].kind == facts::ValueKind::Object;
      if (object) {  // std::atomic<std::shared_ptr<T>>
        access(in, gid, state, address, kEventWrite, kNoSym);
        copyWhole(address, value, gid, state);
        break;
      }
      if (in.flags & facts::kInstrInitialisation) renew(syms_.rootOf(address), state);
      access(in, gid, state, address, kEventWrite | (whole ? kEventWhole : 0u), whole ? kNoSym : value);
      if (emitting_) noteLockKind(gid, address, value, state);
      if (emitting_ && !whole) noteIndexed(address, value, in);
      if (whole) {
        forget(address, state);
        if (in.value != kNone) {
          if (emitting_) {
            Event& event = emit(EventKind::CopyObject, gid, state);
            event.addr = address;
            event.value = value;
            event.aux = pathType(in.path);
          }
          copyObject(address, value, state);
          store(address, load(value, state), state);
        }
      } else {
        takeOut(address, value, state);
        takeFlag(address, value, gid, state);
        countReader(address, in.value, gid, state);
        store(address, value, state);
        if (in.flags & facts::kInstrAtomic) clearFlag(address, value, state);
        SymId root = syms_.rootOf(address);
        bool constructing = syms_[root].kind == SymKind::Param && syms_[root].a == 0 &&
                            info_.symbol != kNone &&
                            program_.symbols[info_.symbol].has(facts::kSymbolConstructor);
        if (!isFresh(root, state) && !constructing) escape(value, state);
      }
      break;
    }
    case InstructionKind::ReadWrite: {
      SymId address = addressOf(in.path, state);
      access(in, gid, state, address, kEventRead | kEventWrite, kNoSym);
      if ((in.flags & facts::kInstrAtomic) && in.callee != kNone) {
        atomicUpdate(in, gid, address, std::move(state), out);
        return;
      }
      countReader(address, in.value, gid, state);
      takeOut(address, syms_.make(SymKind::Unknown, gid, 13), state);
      if (used_results_.count(instruction)) noteFound(syms_.make(SymKind::Result, gid), state);
      SymId old = load(address, state);
      store(address, syms_.make(SymKind::Unknown, gid, 10, syms_[old].kind == SymKind::Const ? 0 : 1), state);
      break;
    }
    case InstructionKind::Assign: {
      SymId address = addressOf(in.path, state);
      SymId value = in.value == kNone ? syms_.make(SymKind::Unknown, gid, 11) : evalValue(in.value, state);
      if (isRecordType(pathType(in.path))) {
        forget(address, state);
        copyObject(address, value, state);
        if (emitting_) {
          Event& event = emit(EventKind::CopyObject, gid, state);
          event.addr = address;
          event.value = value;
          event.aux = pathType(in.path);
        }
        store(address, load(value, state), state);
      } else {
        store(address, value, state);
        // What a computed index finds there, only the program as a whole knows.
        if (emitting_ && throughElement(syms_, address) && syms_[value].kind != SymKind::Const) {
          Event& event = emit(EventKind::Access, gid, state);
          event.addr = address;
          event.value = value;
          event.flags = kEventWrite | kEventFresh | kEventInit;
        }
      }
      break;
    }
    case InstructionKind::Call:
      call(in, gid, std::move(state), out);
      return;
    case InstructionKind::Allocate:
      setResult(gid, syms_.make(SymKind::Alloc, gid), state);
      break;
    case InstructionKind::Free: {
      SymId value = in.value == kNone ? kNoSym : evalValue(in.value, state);
      if (value != kNoSym && syms_[value].kind != SymKind::Const)
        access(in, gid, state, value, kEventWrite | kEventWhole, kNoSym);
      break;
    }
    case InstructionKind::Return:
      if (in.value != kNone) {
        SymId value = evalValue(in.value, state);
        store(returnSlot(syms_, function_), value, state);
      }
      if (emitting_) {
        for (const Held& held : state.locks) {
          if (!held.maybe && !held.soft) addSorted(summary_.returns_holding, {held.primitive, gid});
        }
      }
      break;
    case InstructionKind::ScopeEnd: {
      SymId address = addressOf(in.path, state);
      SymId returned = load(returnSlot(syms_, function_), state);
      if (syms_.rootOf(returned) != address) {
        forget(address, state);
        std::erase(state.rest.escaped, address);
      }
      break;
    }
    case InstructionKind::Throw:
      state.rest.thrown = true;
      break;
  }
  out.push_back(std::move(state));
}

void Flow::access(const facts::Instruction& in, Gid gid, State& state, SymId address, std::uint32_t flags,
                  SymId value) {
  if (flags & kEventWrite) {
    if (std::uint64_t key = writeKey(syms_, address)) noteWritten(key, state);
  }
  if (in.flags & facts::kInstrAtomic) flags |= kEventAtomic;
  bool flag_set = value != kNoSym && syms_[value].kind == SymKind::Const && syms_[value].n != 0;
  bool releases = (in.flags & facts::kInstrAtomic) && (in.flags & facts::kInstrRelease);
  if (releases || (flag_set && !state.locks.empty())) {
    if ((flags & kEventWrite) && !isFresh(syms_.rootOf(address), state)) {
      // A flag others may wait for.
      auto at = std::lower_bound(state.rest.signalled.begin(), state.rest.signalled.end(), address);
      if (at == state.rest.signalled.end() || *at != address) state.rest.signalled.insert(at, address);
    }
  }
  if (!emitting_) {
    return;
  }
  if (in.flags & facts::kInstrVolatile) flags |= kEventVolatile;
  if (in.flags & facts::kInstrInitialisation) flags |= kEventInit;
  if (in.flags & (facts::kInstrAcquire | facts::kInstrRelease)) flags |= kEventNarrow;
  SymId root = syms_.rootOf(address);
  SymKind kind = syms_[root].kind;
  bool pointer_value = false;
  if (value != kNoSym) {
    SymKind k = syms_[value].kind;
    pointer_value =
        k != SymKind::Const && k != SymKind::Compare && k != SymKind::Not && k != SymKind::Unknown;
  }
  Index aux = kNone;
  if (isFresh(root, state)) {
    flags |= kEventFresh;
    if (!pointer_value) return;
  } else if (kind == SymKind::Param &&
             !std::binary_search(state.rest.escaped.begin(), state.rest.escaped.end(), root)) {
    flags |= kEventParamFresh;
    aux = syms_[root].a;
  }
  if (varies(address, gid)) flags |= kEventVaries;
  bool through = false;
  if (isOwn(address, state, &through)) {
    flags |= kEventTaken | (through ? kEventThrough : 0u);
  } else if (const Own given = ownIfGiven(address, state); given.argument != kNone) {
    flags |= kEventParamOwn | (given.through ? kEventThrough : 0u);
    aux = given.argument;
  }
  for (SymId at = address;; at = syms_[at].a) {
    if (std::binary_search(state.rest.last.begin(), state.rest.last.end(), at)) flags |= kEventLast;
    if (syms_[at].kind == SymKind::Element && isDrawn(syms_[at].b, state)) flags |= kEventDrawn;
    SymKind step = syms_[at].kind;
    if (step != SymKind::Field && step != SymKind::Element && step != SymKind::Load) break;
  }
  Event& event = emit(EventKind::Access, gid, state);
  event.addr = address;
  event.flags |= flags;
  event.value = pointer_value ? value : kNoSym;
  event.aux = aux;
}

Event& Flow::emit(EventKind kind, Gid gid, const State& state) {
  Event event;
  event.kind = kind;
  event.gid = gid;
  event.snapshot = snapshotOf(state);
  if (block_ < dying_.size() && dying_[block_]) event.flags |= kEventDying;
  if (block_ < loops_of_.size() && !loops_of_[block_].empty())
    event.loop = loops_[loops_of_[block_].back()].header;
  summary_.events.push_back(event);
  return summary_.events.back();
}

Index Flow::snapshotOf(const State& state) {
  std::uint64_t h = 1;
  for (const Held& held : state.locks)
    h = mix(mix(h, held.lock), held.at * 4 + static_cast<unsigned>(held.mode) * 2 + held.maybe);
  for (const std::vector<SymId>* list :
       {&state.rest.released, &state.rest.alive, &state.rest.joined, &state.rest.awaited,
        &state.rest.signalled, &state.rest.once, &state.rest.escaped, &state.rest.cleared, &state.rest.taken,
        &state.rest.destroyed, &state.rest.initialised, &state.rest.last, &state.rest.acquired}) {
    h = mix(h, 0x1234567);
    for (SymId sym : *list) h = mix(h, sym);
  }
  Snapshot snapshot = state.rest;
  snapshot.unlinked.clear();
  snapshot.locks = state.locks;
  for (const Fact& fact : state.facts) {
    if (context_.mode_flags.isContent(syms_, fact.sym) || isSetting(fact.sym)) {
      snapshot.flags.push_back(fact);
      h = mix(mix(h, fact.sym), static_cast<std::uint64_t>(fact.value) * 2 + fact.equal);
      continue;
    }
    if (!syms_.hasParam(fact.sym) || !paramsOnly(fact.sym)) continue;
    SymKind kind = syms_[fact.sym].kind;
    if (kind != SymKind::Param && kind != SymKind::Load && kind != SymKind::Compare) continue;
    snapshot.facts.push_back(fact);
    h = mix(mix(h, fact.sym), static_cast<std::uint64_t>(fact.value) * 2 + fact.equal);
  }
  h = mix(h, state.rest.thrown);
  for (Gid gid : state.rest.phase) h = mix(h, gid + 7);
  summary_.barriers |= !state.rest.phase.empty();
  for (Index id : snapshot_ids_[h]) {
    if (summary_.snapshots[id] == snapshot) return id;
  }
  Index id = static_cast<Index>(summary_.snapshots.size());
  summary_.snapshots.push_back(std::move(snapshot));
  snapshot_ids_[h].push_back(id);
  return id;
}

void Flow::addOutcomes() {
  // Equal events of several states are one.
  std::vector<Event> events;
  for (const Event& event : summary_.events) {
    std::uint64_t h =
        mix(mix(mix(mix(mix(static_cast<std::uint64_t>(event.kind), event.gid), event.addr), event.value),
                event.snapshot),
            event.flags);
    bool known = false;
    for (Index id : event_ids_[h]) known |= events[id] == event;
    if (known) continue;
    event_ids_[h].push_back(static_cast<Index>(events.size()));
    events.push_back(event);
  }
  summary_.events = std::move(events);

  auto selects = [&](auto&& self, SymId id, bool inside) -> void {
    if (id == kNoSym || !syms_.hasParam(id)) return;
    const Sym& e = syms_[id];
    if (e.kind == SymKind::Param && inside && e.a < 64) summary_.index_args |= 1ull << e.a;
    if (e.kind == SymKind::Field || e.kind == SymKind::Load) self(self, e.a, inside);
    if (e.kind == SymKind::Element) {
      self(self, e.a, inside);
      self(self, e.b, true);
    }
  };
  for (const Event& event : summary_.events) selects(selects, event.addr, false);
  for (const CallSite& site : summary_.calls) {
    for (SymId arg : site.args) selects(selects, arg, true);
  }
  for (const Snapshot& snapshot : summary_.snapshots) {
    for (const Held& held : snapshot.locks) selects(selects, held.lock, false);
    for (const Fact& fact : snapshot.facts) selects(selects, fact.sym, true);
  }
  SymId slot = returnSlot(syms_, function_);
  auto addLeft = [&](SymId handle) {
    if (std::find(summary_.left.begin(), summary_.left.end(), handle) == summary_.left.end())
      summary_.left.push_back(handle);
  };
  for (const State& state : in_[body_.exit]) {
    if (state.rest.thrown) {
      emit(EventKind::Exit, info_.first_gid, state).flags |= kEventThrown;
      continue;
    }
    Outcome outcome;
    outcome.result = load(slot, state);
    if (syms_[outcome.result].kind == SymKind::Load && syms_[outcome.result].a == slot)
      outcome.result = kNoSym;
    if (outcome.result != kNoSym) {
      if (auto n = constantOf(outcome.result, state)) outcome.result = syms_.constant(*n);
    }
    for (const Fact& fact : state.facts) {
      bool about_param = syms_.hasParam(fact.sym) && paramsOnly(fact.sym);
      if (about_param || fact.sym == outcome.result) outcome.facts.push_back(fact);
    }
    SymId result_root = outcome.result == kNoSym ? kNoSym : syms_.rootOf(outcome.result);
    // Objects that the result or an exported store leads to are exported, too.
    std::set<SymId> roots;
    if (result_root != kNoSym) roots.insert(result_root);
    bool grown = true;
    std::set<SymId> taken;
    while (grown && outcome.stores.size() < kStores) {
      grown = false;
      for (const Binding& binding : state.memory) {
        if (outcome.stores.size() >= kStores) break;
        if (taken.count(binding.first)) continue;
        SymId root = syms_.rootOf(binding.first);
        SymKind kind = syms_[root].kind;
        bool outside =
            kind == SymKind::Param || kind == SymKind::Global || kind == SymKind::Load || roots.count(root);
        if (!outside || kind == SymKind::ParamSlot || kind == SymKind::ResultSlot) continue;
        // Contents that a caller can make something of.
        SymId content = binding.second;
        SymKind top = syms_[content].kind;
        if (top == SymKind::Unknown || top == SymKind::Phi || top == SymKind::Stale) continue;
        bool object = false;
        switch (syms_[syms_.rootOf(content)].kind) {
          case SymKind::Alloc:
          case SymKind::Via:
          case SymKind::Local:
          case SymKind::Handle:
            object = true;
            break;
          default:
            break;
        }
        if (!object && !paramsOnly(content)) continue;
        taken.insert(binding.first);
        outcome.stores.push_back(binding);
        SymId content_root = syms_.rootOf(binding.second);
        SymKind content_kind = syms_[content_root].kind;
        if ((content_kind == SymKind::Alloc || content_kind == SymKind::Via ||
             content_kind == SymKind::Local) &&
            roots.insert(content_root).second)
          grown = true;
      }
    }
    std::sort(outcome.stores.begin(), outcome.stores.end());
    outcome.needs = state.needs;
    outcome.writes = state.wrote;
    outcome.writes_more = state.wrote_more;
    if (!state.blurred) {
      for (const Fact& fact : state.facts) {
        if (syms_.hasParam(fact.sym) || !syms_.hasLoad(fact.sym) || !paramsOnly(fact.sym)) continue;
        outcome.needs.push_back(fact);
      }
    }
    if (outcome.needs.size() > 16) outcome.needs.resize(16);
    outcome.at_exit = state.rest;
    outcome.at_exit.locks = state.locks;
    if (summary_.section)
      std::erase_if(outcome.at_exit.locks, [&](const Held& h) { return h.lock == sectionLock(); });
    for (SymId handle : state.rest.alive) addLeft(handle);
    outcome.at_exit.dropped.clear();
    // Only what means something to a caller: what it cannot name would be wrapped once more at each
    // call, as many names as there are ways through the call graph.
    auto keep = [&](std::vector<SymId>& list, std::size_t bound) {
      std::erase_if(list, [&](SymId sym) {
        return !paramsOnly(sym) && !roots.count(syms_.rootOf(sym)) && sym != outcome.result;
      });
      if (list.size() > bound) list.resize(bound);
    };
    std::erase_if(outcome.at_exit.escaped,
                  [&](SymId root) { return syms_[root].kind != SymKind::Param && !roots.count(root); });
    keep(outcome.at_exit.released, 24);
    keep(outcome.at_exit.signalled, 24);
    keep(outcome.at_exit.awaited, 24);
    keep(outcome.at_exit.joined, 24);
    if (outcome.result != kNoSym && (isOwn(outcome.result, state) || isDrawn(outcome.result, state)))
      addSorted(outcome.at_exit.taken, outcome.result);
    if (outcome.result != kNoSym && !state.rest.unlinked.empty()) {
      State mine;
      mine.rest.taken = state.rest.unlinked;
      if (isOwn(outcome.result, mine) || isDrawn(outcome.result, mine))
        addSorted(outcome.at_exit.unlinked, outcome.result);
    }
    keep(outcome.at_exit.taken, 8);
    keep(outcome.at_exit.unlinked, 8);
    keep(outcome.at_exit.last, 8);
    keep(outcome.at_exit.acquired, kAcquired);
    keep(outcome.at_exit.destroyed, 8);
    keep(outcome.at_exit.initialised, 8);
    keep(outcome.at_exit.once, 8);
    if (outcome.at_exit.alive.size() > 64) outcome.at_exit.alive.resize(64);
    if (result_root != kNoSym) {
      const SymKind kind = syms_[result_root].kind;
      const bool own = kind == SymKind::ParamSlot || kind == SymKind::Local;
      summary_.returns_fresh |=
          kind == SymKind::Phi ? mayBeFresh(result_root, state) : !own && isFresh(result_root, state);
    }

    Event& event = emit(EventKind::Exit, info_.first_gid, state);
    event.value = outcome.result;
    summary_.outcomes.push_back(std::move(outcome));
  }
  if (summary_.outcomes.size() > kOutcomes) summary_.outcomes.resize(kOutcomes);
}

}  // namespace gridlock::link
