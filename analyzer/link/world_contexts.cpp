// World: a function as it is called: found again where it was called so before, new, or joined with others
// past the bound.
#include <algorithm>

#include "analyzer/link/mix.h"
#include "analyzer/link/world.h"

namespace gridlock::link {

namespace {

constexpr unsigned kContextsPerFunction = 32;
constexpr std::size_t kContexts = 40000;  // from here on, contexts are joined early

}  // namespace

SymId World::translate(SymId sym, const std::vector<SymId>& args) const {
  if (!syms.relative(sym)) return sym;
  SymId best = kNoSym;
  std::uint32_t position = 0;
  for (std::uint32_t k = 0; k < args.size(); ++k) {
    if (args[k] == kNoSym || syms[args[k]].kind == SymKind::Const) continue;
    if (!syms.contains(sym, args[k])) continue;
    if (best == kNoSym || syms.depth(args[k]) > syms.depth(best)) {
      best = args[k];
      position = k;
    }
  }
  if (best == kNoSym) return kNoSym;
  SymTable& table = const_cast<SymTable&>(syms);
  SymId out = table.replace(sym, best, table.make(SymKind::Param, position));
  // What is left must mean something there.
  auto only = [&](auto&& self, SymId id) -> bool {
    if (id == kNoSym || !syms.relative(id)) return true;
    const Sym& s = syms[id];
    switch (s.kind) {
      case SymKind::Param:
        return true;
      case SymKind::Field:
      case SymKind::Load:
        return self(self, s.a);
      case SymKind::Element:
        return self(self, s.a) && self(self, s.b);
      default:
        return false;
    }
  };
  return only(only, out) ? out : kNoSym;
}

// A mode flag that must have changed since the thread's root tested it, for this to be reached.
Index World::doubtAt(ContextId context, const Snapshot& snapshot) const {
  const Context& c = contexts[context];
  return c.doubt != kNone ? c.doubt : ModeFlags::contradiction(syms, c.flags, snapshot.flags);
}

ContextId World::enter(ContextId from, Gid call, Index function, const std::vector<SymId>& args,
                       const CallSite& site, const Snapshot& snapshot, bool dying) {
  Context next;
  next.function = function;
  next.origin = contexts[from].origin;
  next.parent = from;
  next.call = call;
  next.path = mix(contexts[from].path, call);
  const Summary& callee = link.summaries[function];
  if (callee.returns_fresh) next.clone = mix(contexts[from].clone, call);
  // A short way back to the same function. A long one is mostly one that callbacks of others seem to make.
  constexpr int kShortWay = 4;
  bool again = false;
  int calls = 0;
  for (ContextId at = from; at != kNone && calls < kShortWay && !again; at = contexts[at].parent, ++calls)
    again = contexts[at].function == function;
  for (HeldAt& held : heldAt(from, snapshot)) {
    if (held.maybe) continue;
    EntryLock entry = held;
    if (held.sym != kNoSym) entry.sym = translate(held.sym, args);
    entry.related = entry.sym == kNoSym ? relatedArguments(held, args) : Related{};
    // Held twice, by calls that came back here, is held: or else each round would be a context of its own.
    const std::vector<std::uint32_t>& places = sets_[entry.places];
    if (again && places.size() == 1 && singlePlace(places[0])) {
      auto known = std::find_if(next.held.begin(), next.held.end(), [&](const EntryLock& e) {
        return e.places == entry.places && e.mode == entry.mode && e.soft == entry.soft;
      });
      if (known != next.held.end()) {
        if (known->sym == kNoSym) known->sym = entry.sym;
        continue;
      }
    }
    next.held.push_back(std::move(entry));
  }
  std::size_t n =
      program.functions[function].body->parameter_types.size() + (program.functions[function].method ? 1 : 0);
  for (std::size_t k = 0; k < args.size() && k < n; ++k) {
    next.arguments.push_back(eval(from, args[k]));
    auto value = constant(from, args[k]);
    next.constants.push_back(value && (callee.index_args >> std::min<std::size_t>(k, 63) & 1) ? *value
                                                                                              : INT64_MIN);
    std::uint8_t fresh = k < site.fresh.size() ? site.fresh[k] : 0;
    bool is_fresh = fresh == 1 || (fresh >= 2 && fresh - 2u < contexts[from].fresh.size() &&
                                   contexts[from].fresh[fresh - 2u]);
    next.fresh.push_back(is_fresh);
    const std::uint8_t own = k < site.own.size() ? site.own[k] : 0;
    const bool is_own =
        own == 1 || (own >= 2 && own - 2u < contexts[from].own.size() && contexts[from].own[own - 2u]);
    next.own.push_back(is_own);
    // A number that nobody else has been given.
    const bool drawn = is_own && (callee.index_args >> std::min<std::size_t>(k, 63) & 1);
    if (drawn || isVarying(from, args[k]))
      next.varying.push_back(syms.make(SymKind::Param, static_cast<std::uint32_t>(k)));
    // What a closure at the argument holds that differs.
    for (SymId varying : contexts[from].varying) {
      if (syms[varying].kind == SymKind::Load && args[k] != kNoSym && syms[args[k]].kind != SymKind::Const &&
          syms.contains(varying, args[k]) && varying != args[k])
        next.varying.push_back(
            syms.replace(varying, args[k], syms.make(SymKind::Param, static_cast<std::uint32_t>(k))));
    }
  }
  if (callee.starts) {
    next.rounds = site.varying;
    for (std::size_t k = 0; k < args.size(); ++k) {
      const SymId param = syms.make(SymKind::Param, static_cast<std::uint32_t>(k));
      const bool passed = differs(contexts[from].rounds, args[k]);
      if (passed && std::find(next.rounds.begin(), next.rounds.end(), param) == next.rounds.end())
        next.rounds.push_back(param);
    }
  }
  next.alive = aliveAt(from, snapshot);
  next.awaited = tokens(from, contexts[from].awaited, snapshot.awaited, true, false);
  next.signalled = tokens(from, contexts[from].signalled, snapshot.signalled, false, true);
  next.once = tokens(from, contexts[from].once, snapshot.once, true, false);
  next.acquired = gatesPassed(from, snapshot);
  next.only = onlyOne(from, snapshot);
  next.phase = phaseAt(from, snapshot);
  if (callee.barriers) next.frames = deeper(contexts[from].frames, {call});
  next.single = contexts[from].single && !site.in_loop;
  next.dying = dying;
  next.mixed = callee.returns_fresh && contexts[from].mixed;
  const Context& caller = contexts[from];
  const bool root = caller.parent == kNone;
  next.flags = link.mode_flags.within(syms, function, root ? snapshot.flags : caller.flags);
  std::erase_if(next.flags, [&](const Fact& f) { return !link.mode_flags.isContent(syms, f.sym); });
  if (origins[next.origin].parent == kNone && !origins[next.origin].open) {
    next.settings = caller.settings;
    for (const Fact& f : snapshot.flags) {
      if (!f.equal || !link.state_flags.isSetting(syms[syms[f.sym].a].a)) continue;
      std::erase_if(next.settings, [&](const Fact& old) { return old.sym == f.sym; });
      next.settings.push_back(f);
    }
    std::erase_if(next.settings, [&](const Fact& f) {
      const std::uint64_t key = writeKey(syms, syms[f.sym].a);
      return callee.writes_anything ||
             std::find(callee.writes.begin(), callee.writes.end(), key) != callee.writes.end();
    });
    std::sort(next.settings.begin(), next.settings.end());
  }
  next.doubt = doubtAt(from, snapshot);

  std::uint64_t h = mix(function, next.origin);
  for (const EntryLock& e : next.held) {
    h = mix(mix(mix(h, e.sym), e.places), static_cast<std::uint64_t>(e.mode));
    for (auto [argument, key] : e.related) h = mix(h, key + argument);
  }
  for (SetId a : next.arguments) h = mix(h, a);
  for (std::int64_t c : next.constants) h = mix(h, static_cast<std::uint64_t>(c));
  for (bool f : next.fresh) h = mix(h, f);
  for (bool o : next.own) h = mix(h, o);
  for (SymId v : next.varying) h = mix(h, v);
  for (SymId v : next.rounds) h = mix(h, v + 1);
  h = mix(mix(mix(mix(mix(h, next.alive), next.awaited), next.signalled), next.once), next.clone);
  h = mix(mix(h, next.acquired), next.only);
  h = mix(mix(h, next.phase), next.frames);
  h = mix(mix(h, next.dying), next.doubt);
  for (const Fact& f : next.flags) h = mix(mix(h, f.sym), static_cast<std::uint64_t>(f.value) * 2 + f.equal);
  for (const Fact& f : next.settings) h = mix(mix(h, f.sym), static_cast<std::uint64_t>(f.value));
  auto same = [&](const Context& c) {
    if (c.function != function || c.origin != next.origin || c.held.size() != next.held.size()) return false;
    for (std::size_t i = 0; i < c.held.size(); ++i) {
      if (c.held[i].sym != next.held[i].sym || c.held[i].places != next.held[i].places ||
          c.held[i].mode != next.held[i].mode || c.held[i].related != next.held[i].related)
        return false;
    }
    return c.arguments == next.arguments && c.constants == next.constants && c.fresh == next.fresh &&
           c.own == next.own && c.varying == next.varying && c.rounds == next.rounds &&
           c.alive == next.alive && c.awaited == next.awaited && c.signalled == next.signalled &&
           c.once == next.once && c.clone == next.clone && c.acquired == next.acquired &&
           c.only == next.only && c.phase == next.phase && c.frames == next.frames && c.dying == next.dying &&
           c.flags == next.flags && c.settings == next.settings && c.doubt == next.doubt;
  };
  auto remember = [&](ContextId id) {
    std::vector<ContextId>& list = contexts[from].children[call];
    if (std::find(list.begin(), list.end(), id) == list.end()) list.push_back(id);
  };
  for (ContextId id : context_ids_[h]) {
    if (!same(contexts[id])) continue;
    // The same call in another state of its function is no second call.
    if (contexts[id].path != next.path) contexts[id].single = false;
    remember(id);
    return id;
  }
  unsigned& count = context_counts_[{function, next.origin}];
  if (count >= (contexts.size() > kContexts ? 2 : kContextsPerFunction)) {
    cut = true;
    auto [it, fresh] =
        joined_contexts_.try_emplace({function, next.origin}, static_cast<ContextId>(contexts.size()));
    if (fresh) {
      next.joined = true;
      next.mixed = callee.returns_fresh;
      next.single = false;
      contexts.push_back(std::move(next));
      remember(it->second);
      process(it->second);
      return it->second;
    }
    Context& joined = contexts[it->second];
    bool grown = false;
    std::size_t before = joined.held.size();
    // A lock that the arguments name is the same one in the function's terms, whatever they are.
    std::erase_if(joined.held, [&](EntryLock& e) {
      for (const EntryLock& o : next.held) {
        const bool alike = o.sym == e.sym && (e.sym != kNoSym || o.places == e.places);
        if (!alike || (o.mode != e.mode && e.mode != Mode::Shared)) continue;
        SetId united = unite(e.places, o.places);
        grown |= united != e.places;
        e.places = united;
        if (e.related != o.related) {
          grown |= !e.related.empty();
          e.related.clear();
        }
        return false;
      }
      return true;
    });
    grown |= joined.held.size() != before;
    joined.arguments.resize(std::max(joined.arguments.size(), next.arguments.size()), 0);
    for (std::size_t k = 0; k < next.arguments.size(); ++k) {
      SetId united = unite(joined.arguments[k], next.arguments[k]);
      grown |= united != joined.arguments[k];
      joined.arguments[k] = united;
    }
    for (std::size_t k = 0; k < joined.constants.size(); ++k) {
      if (k >= next.constants.size() || joined.constants[k] != next.constants[k])
        joined.constants[k] = INT64_MIN;
    }
    for (std::size_t k = 0; k < joined.fresh.size(); ++k) {
      if (k >= next.fresh.size() || !next.fresh[k]) {
        grown |= joined.fresh[k];
        joined.fresh[k] = false;
      }
    }
    for (std::size_t k = 0; k < joined.own.size(); ++k) {
      if (k >= next.own.size() || !next.own[k]) {
        grown |= joined.own[k];
        joined.own[k] = false;
      }
    }
    SetId alive = unite(joined.alive, next.alive);
    grown |= alive != joined.alive;
    joined.alive = alive;
    std::vector<std::uint32_t> awaited;
    std::set_intersection(sets_[joined.awaited].begin(), sets_[joined.awaited].end(),
                          sets_[next.awaited].begin(), sets_[next.awaited].end(),
                          std::back_inserter(awaited));
    joined.awaited = intern(std::move(awaited));
    if (joined.acquired != next.acquired) joined.acquired = 0;
    if (joined.only != next.only) joined.only = 0;
    if (joined.rounds != next.rounds) joined.rounds.clear();
    if (joined.phase != next.phase || joined.frames != next.frames) joined.phase = joined.frames = kNone;
    joined.signalled = unite(joined.signalled, next.signalled);
    grown |= joined.dying && !next.dying;
    joined.dying &= next.dying;
    if (joined.flags != next.flags) {
      grown |= !joined.flags.empty();
      joined.flags.clear();
    }
    if (joined.settings != next.settings) {
      grown |= !joined.settings.empty();
      joined.settings.clear();
    }
    if (joined.doubt != next.doubt) {
      grown |= joined.doubt != kNone;
      joined.doubt = kNone;
    }
    if (grown) {
      joined.values.clear();
      again_.push_back(it->second);
    }
    remember(it->second);
    return it->second;
  }
  ++count;
  ContextId id = static_cast<ContextId>(contexts.size());
  context_ids_[h].push_back(id);
  contexts.push_back(std::move(next));
  remember(id);
  process(id);
  return id;
}

}  // namespace gridlock::link
