// Flow: calls, and a callee's summary in its caller's terms.
#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

using facts::ValueKind;

void Flow::setResult(Gid gid, SymId value, State& state) {
  SymId slot = syms_.make(SymKind::ResultSlot, gid);
  SymId unknown = syms_.make(SymKind::Result, gid);
  if (value == kNoSym) value = unknown;
  auto it = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{slot, 0});
  bool there = it != state.memory.end() && it->first == slot;
  if (value == unknown) {
    if (there) state.memory.erase(it);
  } else if (there) {
    it->second = value;
  } else {
    state.memory.insert(it, Binding{slot, value});
  }
}

Index Flow::addCall(CallSite site) {
  for (Index i = static_cast<Index>(summary_.calls.size()); i-- > 0;) {
    if (summary_.calls[i].gid != site.gid) {
      if (summary_.calls.size() - i > 16) break;
      continue;
    }
    if (summary_.calls[i] == site) return i;
  }
  summary_.calls.push_back(std::move(site));
  return static_cast<Index>(summary_.calls.size() - 1);
}

void Flow::noteCall(Gid gid, const State& state, SymId callee, const std::vector<SymId>& args, EventKind kind,
                    bool forwarded, SymId handle) {
  if (!emitting_) return;
  CallSite site;
  site.gid = gid;
  site.callee = callee;
  site.args = args;
  site.forwarded = forwarded;
  site.is_virtual = program_.instruction(gid).flags & facts::kInstrVirtual;
  site.in_loop = program_.instruction(gid).loop_depth > 0;
  // What containers of the library hold may have owners elsewhere (shared_ptr).
  auto ofContainer = [&](SymId value) {
    if (value == kNoSym) return false;
    const Sym& s = syms_[value];
    if (s.kind != SymKind::Load || syms_[s.a].kind != SymKind::Field) return false;
    return syms_[s.a].b == context_.element_field || syms_[s.a].b == context_.second_field;
  };
  for (SymId arg : args) {
    std::uint8_t fresh = 0;
    if (arg != kNoSym) {
      SymId root = syms_.rootOf(arg);
      if (isFresh(root, state))
        fresh = 1;
      else if (syms_[root].kind == SymKind::Param && syms_[root].a < 200 &&
               !std::binary_search(state.rest.escaped.begin(), state.rest.escaped.end(), root))
        fresh = static_cast<std::uint8_t>(2 + syms_[root].a);
    }
    site.fresh.push_back(fresh);
    std::uint8_t own = !ofContainer(arg) && (isOwn(arg, state) || isDrawn(arg, state)) ? 1 : 0;
    if (const Index given = own ? kNone : ownIfGiven(arg, state).argument; given < 200)
      own = static_cast<std::uint8_t>(2 + given);
    site.own.push_back(own);
  }
  if (kind == EventKind::Start) summary_.starts = true;
  if (kind == EventKind::Call && syms_[callee].kind == SymKind::Func) {
    // A wrapper that starts a thread, called in a loop: what differs from round to round differs between
    // the threads.
    const Index target = program_.symbols[syms_[callee].a].function;
    if (target != kNone && context_.summaries[target].starts) {
      summary_.starts = true;
      for (std::size_t k = 0; k < args.size(); ++k) {
        if (varies(args[k], gid))
          site.varying.push_back(syms_.make(SymKind::Param, static_cast<std::uint32_t>(k)));
      }
    }
  }
  if (kind == EventKind::Start) {
    // In the callee's terms: its arguments, and what a closure holds, that
    // change with each round.
    for (std::size_t k = 0; k < args.size(); ++k) {
      SymId param = syms_.make(SymKind::Param, static_cast<std::uint32_t>(k));
      if (varies(args[k], gid) || madeForStart(args[k], gid)) site.varying.push_back(param);
      // `ids[i] = i` in a loop before.
      if (args[k] != kNoSym && syms_[args[k]].kind == SymKind::Element && varies(args[k], gid)) {
        const auto indexed = context_.indexed.find(kIndexedArray | syms_[args[k]].a);
        if (indexed != context_.indexed.end() && indexed->second)
          site.varying.push_back(syms_.make(SymKind::Load, param));
      }
      for (const Binding& binding : state.memory) {
        if (args[k] == kNoSym || syms_[args[k]].kind == SymKind::Const) continue;
        // A variable that all of them are given holds the same for all.
        if (binding.first == args[k] && !varies(args[k], gid)) continue;
        if (!syms_.contains(binding.first, args[k]) || !varies(binding.second, gid)) continue;
        site.varying.push_back(syms_.make(SymKind::Load, syms_.replace(binding.first, args[k], param)));
      }
    }
  }
  Index aux = addCall(std::move(site));
  State known;
  const bool settings = kind == EventKind::Start || kind == EventKind::Call;
  if (settings) {
    // The settings as they are now.
    known = state;
    for (const Binding& binding : state.memory) {
      const SymId content = syms_.make(SymKind::Load, binding.first);
      if (syms_[binding.second].kind != SymKind::Const || !isSetting(content)) continue;
      const Fact fact{content, true, syms_[binding.second].n};
      known.facts.insert(std::lower_bound(known.facts.begin(), known.facts.end(), fact), fact);
    }
  }
  Event& event = emit(kind, gid, settings ? known : state);
  event.aux = aux;
  event.addr = handle;
}

// Whether an object was made anew for this start: each execution of it hands on another one, whoever calls.
bool Flow::madeForStart(SymId value, Gid gid) const {
  if (value == kNoSym || !isAllocation(value)) return false;
  const Gid made = syms_[value].a;  // of Alloc and Via alike: an instruction of this function
  return std::all_of(loops_.begin(), loops_.end(),
                     [&](const Loop& loop) { return !loop.gids.count(gid) || loop.gids.count(made); });
}

// Whether a value is another one in each round of the innermost loop around
// `gid`.
bool Flow::varies(SymId value, Gid gid) const {
  const Loop* inner = nullptr;
  for (const Loop& loop : loops_) {
    if (loop.gids.count(gid)) inner = &loop;
  }
  if (!inner || value == kNoSym) return false;
  const Sym& s = syms_[value];
  switch (s.kind) {
    case SymKind::Phi:
      return s.a == function_ && inner->blocks[static_cast<Index>(s.n)];
    case SymKind::Alloc:
    case SymKind::Via: {
      SymId leaf = value;
      while (syms_[leaf].kind == SymKind::Via) leaf = syms_[leaf].b;
      return inner->gids.count(s.a) > 0 && syms_[leaf].kind == SymKind::Alloc;
    }
    case SymKind::Unknown:
      return inner->gids.count(s.a) > 0;
    case SymKind::Field:
      return varies(s.a, gid);
    case SymKind::Element:
    case SymKind::Arith:
      return varies(s.a, gid) || varies(s.b, gid);
    default:
      return false;
  }
}

SymId Flow::substitute(SymId sym, Gid gid, const std::vector<SymId>& args, State& state) {
  if (sym == kNoSym || !(syms_.relative(sym) || syms_.hasLoad(sym))) return sym;
  const Sym s = syms_[sym];
  switch (s.kind) {
    case SymKind::Param:
      return s.a < args.size() && args[s.a] != kNoSym ? args[s.a] : syms_.make(SymKind::Via, gid, sym);
    case SymKind::Field: {
      SymId base = substitute(s.a, gid, args, state);
      return syms_.field(base, s.b);
    }
    case SymKind::Element: {
      SymId base = substitute(s.a, gid, args, state);
      SymId index = substitute(s.b, gid, args, state);
      return syms_.element(base, index);
    }
    case SymKind::Load:
      return load(substitute(s.a, gid, args, state), state);
    case SymKind::Not:
      return syms_.negate(substitute(s.a, gid, args, state));
    case SymKind::Compare:
      return syms_.compare(static_cast<facts::CompareOp>(s.n), substitute(s.a, gid, args, state),
                           substitute(s.b, gid, args, state));
    case SymKind::Arith:
      return syms_.make(SymKind::Arith, substitute(s.a, gid, args, state), substitute(s.b, gid, args, state),
                        s.n);
    case SymKind::Global:
    case SymKind::Func:
    case SymKind::Const:
      return sym;
    default: {
      unsigned depth = 0;
      for (SymId inner = sym; syms_[inner].kind == SymKind::Via; inner = syms_[inner].b) ++depth;
      if (depth > 3 && s.kind == SymKind::Via) return syms_.make(SymKind::Via, gid, s.b);
      return syms_.make(SymKind::Via, gid, sym);
    }
  }
}

std::vector<Index> Flow::targetsOf(const facts::Instruction& in, SymId callee, bool& open) {
  std::vector<Index> out;
  open = false;
  if (syms_[callee].kind != SymKind::Func) {
    open = true;
    return out;
  }
  Index symbol = syms_[callee].a;
  if (!(in.flags & facts::kInstrVirtual)) {
    if (program_.symbols[symbol].function != kNone) out.push_back(program_.symbols[symbol].function);
    return out;
  }
  for (Index s : program_.withOverriders(symbol)) {
    if (program_.symbols[s].function != kNone) out.push_back(program_.symbols[s].function);
  }
  std::sort(out.begin(), out.end());
  return out;
}

void Flow::call(const facts::Instruction& in, Gid gid, State state, States& out) {
  std::vector<SymId> args;
  args.reserve(in.args.size());
  for (facts::ValueId arg : in.args) args.push_back(evalValue(arg, state));
  SymId callee = in.callee == kNone ? syms_.make(SymKind::Unknown, gid, 12) : evalValue(in.callee, state);
  setResult(gid, kNoSym, state);
  if ((in.flags & facts::kInstrConstructor) && !args.empty()) renewAt(args[0], state);

  Index symbol = syms_[callee].kind == SymKind::Func ? syms_[callee].a : kNone;
  if (symbol != kNone) {
    const SymbolInfo& info = program_.symbols[symbol];
    bool own_body = info.function != kNone && !info.has(facts::kSymbolSystem);
    const Model* known = context_.models.find(info.qualified);
    // What programs define themselves is what they say it is, but for stand-ins of a verifier's functions.
    const bool stand_in =
        known && (known->front().op == Op::SectionBegin || known->front().op == Op::SectionEnd);
    if (own_body && !stand_in) known = nullptr;
    if (known) {
      if (model(*known, in, gid, symbol, args, std::move(state), out)) return;
      return;
    }
    const TypeInfo* parent = program_.typeInfo(info.parent);
    if (parent && !own_body &&
        (context_.models.isContainer(parent->qualified) || context_.models.isIterator(parent->qualified))) {
      if (holdsGuard(in, gid, symbol, args, state, out)) return;
      containerCall(in, gid, symbol, args, state);
      out.push_back(std::move(state));
      return;
    }
  }
  bool open = false;
  std::vector<Index> targets = targetsOf(in, callee, open);
  if (targets.empty()) {
    if (open) noteCall(gid, state, callee, args, EventKind::Call, false);
    const bool library = symbol != kNone && program_.symbols[symbol].has(facts::kSymbolSystem) &&
                         !program_.symbols[symbol].has(facts::kSymbolMethod) &&
                         program_.symbols[symbol].qualified.starts_with("std::");
    if (library)
      libraryCall(in, gid, symbol, args, state);
    else
      unknownCall(in, gid, args, symbol, state);
    if (symbol != kNone && program_.symbols[symbol].has(facts::kSymbolNoReturn)) return;
    out.push_back(std::move(state));
    return;
  }
  noteCall(gid, state, callee, args, EventKind::Call, false);
  if (targets.size() > 4) {
    // Too many to follow: what they all write is lost, and they keep what they
    // are given.
    for (Index target : targets) {
      const Summary& summary = context_.summaries[target];
      for (std::uint64_t key : summary.writes) forgetField(key, state);
    }
    unknownCall(in, gid, args, symbol, state);
    out.push_back(std::move(state));
    return;
  }
  for (Index target : targets) applySummary(context_.summaries[target], in, gid, args, state, out);
}

void Flow::unknownCall(const facts::Instruction& in, Gid gid, const std::vector<SymId>& args, Index symbol,
                       State& state) {
  bool system = symbol != kNone && program_.symbols[symbol].has(facts::kSymbolSystem);
  const std::vector<Index>* params = symbol == kNone ? nullptr : &program_.symbols[symbol].params;
  std::size_t offset = 0;
  if (symbol != kNone && program_.symbols[symbol].has(facts::kSymbolMethod) &&
      !program_.symbols[symbol].has(facts::kSymbolStaticMethod))
    offset = 1;
  for (std::size_t i = 0; i < args.size(); ++i) {
    SymId root = syms_.rootOf(args[i]);
    SymKind kind = syms_[root].kind;
    bool constant = false;
    if (params && i >= offset && i - offset < params->size()) {
      const TypeInfo* type = program_.typeInfo((*params)[i - offset]);
      if (type && (type->kind == facts::TypeKind::Pointer || type->kind == facts::TypeKind::Reference)) {
        const TypeInfo* element = program_.typeInfo(type->element);
        constant = element && (element->flags & facts::kTypeConst);
      }
    }
    if (kind == SymKind::Local && !constant) forget(args[i], state);
    if (!system) escape(args[i], state);
  }
  if (symbol == kNone || invoking_) return;
  // A callable handed to something unknown is taken to be called there, on this thread.
  for (SymId arg : args) {
    bool callable = syms_[arg].kind == SymKind::Func && program_.symbols[syms_[arg].a].function != kNone;
    if (!callable) {
      Index type = typeOfAddress(arg);
      const TypeInfo* info = program_.typeInfo(type);
      callable = info && (info->flags & facts::kTypeLambda) && program_.callOperator(type) != kNone;
    }
    if (!callable) continue;
    invoking_ = true;
    invoke(in, gid, arg, {}, state, false);
    invoking_ = false;
  }
}

// A callee that takes a lock which is destroyed here, or initialises one that is initialised.
void Flow::noteInvalidUse(const Outcome& outcome, Gid gid, const std::vector<SymId>& args, State& state) {
  if (!emitting_) return;
  const auto note = [&](const std::vector<SymId>& used, const std::vector<SymId>& here) {
    if (here.empty()) return;
    for (SymId lock : used) {
      const SymId mine = substitute(lock, gid, args, state);
      if (std::binary_search(here.begin(), here.end(), mine))
        emit(EventKind::InvalidCall, gid, state).addr = mine;
    }
  };
  note(outcome.at_exit.acquired, state.rest.destroyed);
  note(outcome.at_exit.initialised, state.rest.initialised);
}

void Flow::applySummary(const Summary& callee, const facts::Instruction& in, Gid gid,
                        const std::vector<SymId>& args, const State& before, States& out) {
  for (std::uint64_t key : callee.writes) written_.insert(key);
  if (!callee.ready) {  // of this very cycle: as if it did nothing
    State state = before;
    out.push_back(std::move(state));
    return;
  }
  std::size_t first_out = out.size();
  for (const Outcome& outcome : callee.outcomes) {
    State source = before;  // what the callee's expressions mean is what they
                            // meant at the call
    if (callee.section) lookAgain(source);
    State state = source;
    bool feasible = true;
    for (const Fact& fact : outcome.facts) {
      if (!syms_.hasParam(fact.sym)) continue;
      SymId sym = substitute(fact.sym, gid, args, source);
      if (!holds(sym, fact, state)) {
        feasible = false;
        break;
      }
    }
    std::vector<SymId> idle;
    if (!outcome.needs.empty() && feasible) feasible = meets(callee, outcome, gid, args, source, idle);
    if (!feasible) continue;
    const std::vector<std::uint64_t>& writes = outcome.writes_more ? callee.writes : outcome.writes;
    const bool anything = outcome.writes_more && callee.writes_anything;
    for (std::uint64_t key : writes) noteWritten(key, state);
    state.wrote_more |= outcome.writes_more;
    state.blurred |= anything || !writes.empty();
    if (anything) {
      std::erase_if(state.memory, [&](const Binding& binding) {
        SymId root = syms_.rootOf(binding.first);
        bool passed = std::any_of(args.begin(), args.end(), [&](SymId a) { return syms_.rootOf(a) == root; });
        return !passed ? !isFresh(root, state) && syms_[root].kind != SymKind::ParamSlot &&
                             syms_[root].kind != SymKind::ResultSlot && syms_[root].kind != SymKind::Local
                       : false;
      });
    }
    for (std::uint64_t key : writes) {
      std::erase_if(state.memory, [&](const Binding& binding) {
        if (writeKey(syms_, binding.first) != key) return false;
        SymId root = syms_.rootOf(binding.first);
        bool passed = std::any_of(args.begin(), args.end(), [&](SymId a) { return syms_.rootOf(a) == root; });
        // Another object's thread stays where it is.
        return passed || (!isFresh(root, state) && !isHandle(binding.second));
      });
      std::erase_if(state.facts, [&](const Fact& fact) {
        SymId at = fact.sym;
        if (syms_[at].kind == SymKind::Compare) at = syms_[at].a;
        return syms_[at].kind == SymKind::Load && writeKey(syms_, syms_[at].a) == key;
      });
    }
    for (SymId arg : args) {
      // A scalar handed out by address.
      SymKind kind = syms_[arg].kind;
      if (kind == SymKind::Local || kind == SymKind::ParamSlot) {
        auto it = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{arg, 0});
        if (it != state.memory.end() && it->first == arg && syms_[it->second].kind == SymKind::Const)
          state.memory.erase(it);
      }
    }
    const auto add = &addSorted<SymId>;
    for (SymId lock : outcome.at_exit.released) {
      SymId mine = substitute(lock, gid, args, source);
      auto held = heldBy(mine, state, false);
      if (held != state.locks.rend()) {
        context_.released_by_caller.insert(held->primitive);
        if (held->count > 1) {
          --held->count;
        } else {
          if (held->lock == mine && !held->maybe && !syms_.hasStale(mine)) add(state.rest.dropped, mine);
          state.locks.erase(std::next(held).base());
        }
      } else if (std::find(state.rest.released.begin(), state.rest.released.end(), mine) ==
                 state.rest.released.end()) {
        state.rest.released.push_back(mine);
        std::sort(state.rest.released.begin(), state.rest.released.end());
      }
    }
    for (const Held& held : outcome.at_exit.locks) {
      Held mine = held;
      mine.lock = substitute(held.lock, gid, args, source);
      mine.at = gid;
      std::erase(state.rest.dropped, mine.lock);
      auto again = std::find(state.rest.released.begin(), state.rest.released.end(), mine.lock);
      if (again != state.rest.released.end()) {
        state.rest.released.erase(again);
        continue;
      }
      auto same = std::find_if(state.locks.begin(), state.locks.end(),
                               [&](const Held& h) { return h.lock == mine.lock && h.mode == mine.mode; });
      if (same != state.locks.end()) {
        if (same->count < 4) ++same->count;
      } else if (!mine.maybe || state.locks.size() < kLocksHeld) {
        state.locks.push_back(mine);
      }
    }
    for (const Binding& binding : outcome.stores) {
      if (syms_[binding.first].kind == SymKind::Field && syms_[binding.first].b == context_.owned_field)
        has_guards_ = true;
      SymId address = substitute(binding.first, gid, args, source);
      SymId value = substitute(binding.second, gid, args, source);
      if (syms_[value].kind == SymKind::Const) {
        if (syms_[value].n == 0)
          dropSoft(address, state);
        else if (std::binary_search(idle.begin(), idle.end(), address))
          holdSoft(address, gid, state);
      }
      store(address, value, state);
      SymId root = syms_.rootOf(address);
      if (!isFresh(root, state)) {
        if (!isOwn(address, state)) giveAway(value, state);
        escape(value, state);
      }
      if (syms_[value].kind == SymKind::Via || syms_[value].kind == SymKind::Handle) noteHome(address, value);
    }
    for (SymId handle : outcome.at_exit.alive) add(state.rest.alive, substitute(handle, gid, args, source));
    for (SymId value : outcome.at_exit.joined) {
      SymId handle = substitute(value, gid, args, source);
      joinValue(handle, state);
    }
    for (SymId token : outcome.at_exit.awaited) add(state.rest.awaited, substitute(token, gid, args, source));
    for (SymId token : outcome.at_exit.signalled)
      add(state.rest.signalled, substitute(token, gid, args, source));
    for (SymId token : outcome.at_exit.once) add(state.rest.once, substitute(token, gid, args, source));
    for (SymId flag : outcome.at_exit.cleared) {
      SymId mine = substitute(flag, gid, args, source);
      std::size_t before_size = state.locks.size();
      dropSoft(mine, state);
      if (before_size == state.locks.size() && paramsOnly(mine) && state.rest.cleared.size() < 8)
        add(state.rest.cleared, mine);
    }
    for (SymId value : outcome.at_exit.taken) {
      if (value != outcome.result) add(state.rest.taken, substitute(value, gid, args, source));
    }
    for (SymId value : outcome.at_exit.unlinked) {
      if (value != outcome.result) noteFound(substitute(value, gid, args, source), state);
    }
    if (const std::vector<Gid>& passed = outcome.at_exit.phase; !passed.empty()) {
      // Here it counts as one barrier, at the call.
      std::vector<Gid> phase{gid};
      if (std::binary_search(passed.begin(), passed.end(), kNone)) {
        if (state.rest.phase.empty()) state.rest.phase.push_back(kNone);
        phase.insert(phase.end(), state.rest.phase.begin(), state.rest.phase.end());
        std::sort(phase.begin(), phase.end());
        phase.erase(std::unique(phase.begin(), phase.end()), phase.end());
      }
      state.rest.phase = std::move(phase);
    }
    noteInvalidUse(outcome, gid, args, source);
    for (SymId lock : outcome.at_exit.acquired) {
      if (state.rest.acquired.size() < kAcquired)
        add(state.rest.acquired, substitute(lock, gid, args, source));
    }
    for (SymId value : outcome.at_exit.last) add(state.rest.last, substitute(value, gid, args, source));
    for (SymId lock : outcome.at_exit.destroyed) {
      SymId mine = substitute(lock, gid, args, source);
      add(state.rest.destroyed, mine);
      std::erase(state.rest.initialised, mine);
    }
    for (SymId lock : outcome.at_exit.initialised) {
      SymId mine = substitute(lock, gid, args, source);
      add(state.rest.initialised, mine);
      std::erase(state.rest.destroyed, mine);
    }
    for (SymId root : outcome.at_exit.escaped) {
      if (syms_[root].kind == SymKind::Param) {
        escape(substitute(root, gid, args, source), state);
      } else {
        add(state.rest.escaped, substitute(root, gid, args, source));
      }
    }
    SymId result = kNoSym;
    if (outcome.result != kNoSym) result = substitute(outcome.result, gid, args, source);
    auto has = [&](const std::vector<SymId>& list) {
      return outcome.result != kNoSym && std::binary_search(list.begin(), list.end(), outcome.result);
    };
    if (const bool own = has(outcome.at_exit.taken); own || has(outcome.at_exit.unlinked)) {
      // Another one at each call, though it comes from the same place.
      if (syms_[outcome.result].kind == SymKind::Load) result = syms_.make(SymKind::Via, gid, outcome.result);
      if (own)
        add(state.rest.taken, result);
      else
        noteFound(result, state);
    }
    setResult(gid, result, state);
    for (const Fact& fact : outcome.facts) {
      if (fact.sym != outcome.result || syms_.hasParam(fact.sym)) continue;
      assumeEqual(result, fact.equal, fact.value, state);
    }
    (void)in;
    out.push_back(std::move(state));
  }
  // Ways that cannot be told apart any more are one.
  for (std::size_t i = first_out; i < out.size(); ++i) {
    for (std::size_t j = i + 1; j < out.size();) {
      if (out[i] == out[j])
        out.erase(out.begin() + static_cast<std::ptrdiff_t>(j));
      else
        ++j;
    }
  }
}

}  // namespace gridlock::link
