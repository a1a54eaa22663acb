// World: contexts from the roots down, and the events in each.
#include "analyzer/link/world.h"

#include <algorithm>

namespace gridlock::link {

namespace {

constexpr unsigned kContextsPerFunction = 32;
constexpr unsigned kRounds = 6;
constexpr std::size_t kContexts = 40000;  // from here on, contexts are joined early

std::uint64_t mix(std::uint64_t h, std::uint64_t value) {
  h ^= value + 0x9e3779b97f4a7c15ull + (h << 6) + (h >> 2);
  return h * 0xff51afd7ed558ccdull;
}

}  // namespace

World::World(LinkContext& context, bool open)
    : link(context), program(context.program), syms(context.syms), open_world(open) {
  sets_.emplace_back();  // 0: empty
  std::uint64_t empty = 0;
  set_ids_[empty].push_back(0);
}

void World::run() {
  for (unsigned i = 0; i < kRounds; ++i) {
    changed_ = false;
    final_ = false;
    round();
    if (!changed_) break;
    if (i + 1 == kRounds) cut = true;
  }
  final_ = true;
  round();
  finish();
}

void World::round() {
  contexts.clear();
  context_ids_.clear();
  context_counts_.clear();
  joined_contexts_.clear();
  started_.clear();
  alive_refs_.clear();
  alive_ids_.clear();
  alive_origins_.clear();
  results_.clear();
  accesses.clear();
  access_ids_.clear();
  again_.clear();
  processing_.clear();
  for (Origin& origin : origins) origin.started = false;
  for (Object& object : objects) {
    object.several = false;
    object.mixed = false;
    object.context = kNone;
  }
  std::vector<Index> roots;
  if (program.main_function != kNone) roots.push_back(program.main_function);
  // Functions that no call names. Outsiders come by them only as something that the interface hands
  // out, unless the interface itself comes to them.
  std::vector<Index> hidden;
  if (open_world || roots.empty()) {
    // A library: what others may call.
    std::vector<bool> called(program.functions.size(), false);
    for (const Summary& summary : link.summaries) {
      for (const CallSite& site : summary.calls) {
        if (site.callee != kNoSym && syms[site.callee].kind == SymKind::Func) {
          Index f = program.symbols[syms[site.callee].a].function;
          if (f != kNone) called[f] = true;
        }
      }
    }
    for (Index f = 0; f < program.functions.size(); ++f) {
      Index symbol = program.functions[f].symbol;
      if (symbol == kNone || f == program.main_function) continue;
      const SymbolInfo& info = program.symbols[symbol];
      if (info.has(facts::kSymbolSystem) || (program.functions[f].body->flags & facts::kFunctionLambda))
        continue;
      if (info.linkage == facts::Linkage::External)
        roots.push_back(f);
      else if (!called[f])
        hidden.push_back(f);
    }
  }
  const std::size_t interface = roots.size();
  roots.insert(roots.end(), hidden.begin(), hidden.end());
  bool first = true;
  for (std::size_t position = 0; position < roots.size(); ++position) {
    const Index root = roots[position];
    if (position >= interface) {
      bool reached =
          std::any_of(contexts.begin(), contexts.end(), [&](const Context& c) { return c.function == root; });
      if (reached) continue;
    }
    auto key = std::make_tuple(Gid{0}, OriginId{kNone}, root, std::uint64_t{0});
    auto [it, fresh] = origin_ids_.try_emplace(key, static_cast<OriginId>(origins.size()));
    if (fresh) origins.emplace_back();
    OriginId id = it->second;
    origins[id].entry = root;
    origins[id].open = root != program.main_function;
    origins[id].many = origins[id].open;
    Context context;
    context.function = root;
    context.origin = id;
    context.path = mix(root, 17);
    context.phase = 1;
    if (first) {
      first = false;
      for (Index initialiser : program.static_initialisers) {
        Context before;
        before.function = initialiser;
        before.origin = id;
        before.path = mix(initialiser, 23);
        contexts.push_back(std::move(before));
        process(static_cast<ContextId>(contexts.size() - 1));
      }
    }
    if (root == program.main_function) {
      // argv and the like are main's own.
      context.arguments.assign(program.functions[root].body->parameter_types.size(), 0);
    } else {
      std::size_t n =
          program.functions[root].body->parameter_types.size() + (program.functions[root].method ? 1 : 0);
      for (std::size_t k = 0; k < n; ++k) {
        // What callers pass: one object for each class of parameter.
        Index type = kNone;
        if (program.functions[root].method && k == 0) {
          type = program.symbols[program.functions[root].symbol].parent;
        } else {
          std::size_t i = k - (program.functions[root].method ? 1 : 0);
          type =
              program.typeOf(*program.functions[root].map, program.functions[root].body->parameter_types[i]);
          const TypeInfo* info = program.typeInfo(type);
          while (info &&
                 (info->kind == facts::TypeKind::Pointer || info->kind == facts::TypeKind::Reference)) {
            type = info->element;
            info = program.typeInfo(type);
          }
          if (!info || info->kind != facts::TypeKind::Record) type = kNone;
        }
        SetId set = 0;
        if (type != kNone) set = intern({objectPlace(ObjectKind::Unknown, type, 0, 0, 0, kNone)});
        context.arguments.push_back(set);
      }
    }
    if (origins[id].open && (program.symbols[program.functions[root].symbol].flags &
                             (facts::kSymbolConstructor | facts::kSymbolDestructor)))
      context.fresh.push_back(true);
    contexts.push_back(std::move(context));
    ContextId root_context = static_cast<ContextId>(contexts.size() - 1);
    origins[id].root = root_context;
    process(root_context);
  }
  while (!again_.empty()) {
    ContextId context = again_.back();
    again_.pop_back();
    process(context);
  }
}

void World::process(ContextId context) {
  if (!processing_.insert(context).second) return;
  const Summary& summary = link.summaries[contexts[context].function];
  for (Index e = 0; e < summary.events.size(); ++e) processEvent(context, e);
  processing_.erase(context);
}

// Whether an address is that of one handle, not of any element of an array or
// container.
bool World::singleAddress(SymId address) const {
  const Sym& s = syms[address];
  if (s.kind == SymKind::Element)
    return s.b != kNoSym && syms[s.b].kind == SymKind::Const && singleAddress(s.a);
  if (s.kind == SymKind::Field) return s.b != link.element_field && singleAddress(s.a);
  return true;
}

SetId World::aliveAt(ContextId context, const Snapshot& snapshot) {
  std::vector<std::uint32_t> refs(sets_[contexts[context].alive]);
  if (!snapshot.joined.empty() && !refs.empty()) {
    // Threads that callers started, joined here.
    std::set<OriginId> joined;
    for (SymId value : snapshot.joined) {
      const std::vector<std::uint32_t> threads = sets_[eval(context, value)];
      bool one = threads.size() == 1;
      bool all = syms[value].kind == SymKind::Load && !singleAddress(syms[value].a);
      if (!one && !all) continue;
      for (PlaceId place : threads) {
        for (OriginId o : originsOfThread(place)) joined.insert(o);
      }
    }
    std::erase_if(refs, [&](std::uint32_t ref) {
      std::set<OriginId> meant = resolveAlive(ref);
      if (meant.empty()) return false;
      return std::all_of(meant.begin(), meant.end(), [&](OriginId o) { return joined.count(o) > 0; });
    });
  }
  for (SymId handle : snapshot.alive) {
    auto key = std::make_pair(context, handle);
    auto [it, fresh] = alive_ids_.try_emplace(key, static_cast<std::uint32_t>(alive_refs_.size()));
    if (fresh) alive_refs_.push_back(key);
    refs.push_back(it->second);
  }
  return intern(std::move(refs));
}

SetId World::tokens(ContextId context, SetId entry, const std::vector<SymId>& own, bool certain,
                    bool filter) {
  if (own.empty()) return entry;
  std::vector<std::uint32_t> out(sets_[entry]);
  for (SymId sym : own) {
    if (filter) {
      std::uint64_t key = writeKey(syms, sym);
      if (key != 0 && (key >> 40) <= 2 && !link.awaited_keys.count(key) &&
          syms[sym].kind != SymKind::Global) {
        // A plain write that nobody waits for.
        if (!link.awaited_keys.count(key)) continue;
      }
    }
    SetId places = eval(context, sym);
    if (certain && sets_[places].size() != 1) continue;
    out.insert(out.end(), sets_[places].begin(), sets_[places].end());
  }
  return intern(std::move(out));
}

// Whether a lock is an element that a hash selects: `locks[h & mask]`, `locks[hash(key)]`.
bool World::isHashed(SymId lock) const {
  while (lock != kNoSym && (syms[lock].kind == SymKind::Field || syms[lock].kind == SymKind::Stale))
    lock = syms[lock].a;
  if (lock == kNoSym || syms[lock].kind != SymKind::Element || syms[lock].b == kNoSym) return false;
  SymId index = syms[lock].b;
  while (syms[index].kind == SymKind::Stale || syms[index].kind == SymKind::Via)
    index = syms[index].kind == SymKind::Via ? syms[index].b : syms[index].a;
  const SymKind kind = syms[index].kind;
  return kind == SymKind::Arith || kind == SymKind::Result || kind == SymKind::Unknown;
}

bool World::isVarying(ContextId context, SymId sym) const {
  if (sym == kNoSym) return false;
  const std::vector<SymId>& varying = contexts[context].varying;
  if (std::find(varying.begin(), varying.end(), sym) != varying.end()) return true;
  const Sym& s = syms[sym];
  switch (s.kind) {
    case SymKind::Field:
      return isVarying(context, s.a);
    case SymKind::Element:
    case SymKind::Arith:
      return isVarying(context, s.a) || isVarying(context, s.b);
    case SymKind::Phi:
      return isPartition(context, sym);
    default:
      return false;
  }
}

// A loop over the thread's own part: from where its number says to where it says, or in steps of more
// than one.
bool World::isPartition(ContextId context, SymId phi) const {
  auto inputs = link.phis.find(phi);
  if (inputs == link.phis.end() || contexts[context].varying.empty()) return false;
  bool begins = false, single_steps = false;
  std::vector<SymId> seen{phi}, work(inputs->second);
  while (!work.empty()) {
    SymId input = work.back();
    work.pop_back();
    if (syms[input].kind == SymKind::Phi) {
      if (std::find(seen.begin(), seen.end(), input) != seen.end()) continue;
      seen.push_back(input);
      auto more = link.phis.find(input);
      if (seen.size() > 4 || more == link.phis.end()) return false;
      work.insert(work.end(), more->second.begin(), more->second.end());
      continue;
    }
    SymId from = input;
    while (syms[from].kind == SymKind::Arith || syms[from].kind == SymKind::Stale) from = syms[from].a;
    if (std::find(seen.begin(), seen.end(), from) != seen.end()) {
      if (syms[input].kind == SymKind::Arith && syms[syms[input].b].kind == SymKind::Const)
        single_steps |= syms[syms[input].b].n == 1 || syms[syms[input].b].n == -1;
      continue;
    }
    // Its first step, unrolled.
    if (syms[input].kind == SymKind::Arith && syms[syms[input].b].kind == SymKind::Const &&
        isVarying(context, syms[input].a)) {
      single_steps |= syms[syms[input].b].n == 1 || syms[syms[input].b].n == -1;
      continue;
    }
    if (!isVarying(context, input)) return false;
    begins = true;
  }
  if (!begins || !single_steps) return begins;
  for (SymId one : seen) {
    auto bounds = link.bounds.find(one);
    if (bounds == link.bounds.end()) continue;
    for (SymId bound : bounds->second) {
      if (isVarying(context, bound)) return true;
    }
  }
  return false;
}

// `if (rank == 0)`, where each thread of its kind has a rank of its own: one thread. What is said in a
// caller holds in what it calls.
std::uint64_t World::onlyOne(ContextId context, const Snapshot& snapshot) const {
  const Context& mine = contexts[context];
  if (!mine.varying.empty()) {
    for (const Fact& fact : snapshot.facts) {
      if (!fact.equal || !isVarying(context, fact.sym)) continue;
      return mix(mix(mine.function, fact.sym), static_cast<std::uint64_t>(fact.value)) | 1;
    }
  }
  return mine.only;
}

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
  for (HeldAt& held : heldAt(from, snapshot)) {
    if (held.maybe) continue;
    EntryLock entry;
    entry.sym = held.sym == kNoSym ? kNoSym : translate(held.sym, args);
    entry.places = held.places;
    entry.mode = held.mode;
    entry.soft = held.soft;
    entry.hashed = held.hashed;
    entry.context = held.context;
    entry.at = held.at;
    entry.primitive = held.primitive;
    if (entry.sym == kNoSym) entry.related = relatedArguments(held, args);
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
    if (isVarying(from, args[k]))
      next.varying.push_back(syms.make(SymKind::Param, static_cast<std::uint32_t>(k)));
    // What a closure at the argument holds that differs.
    for (SymId varying : contexts[from].varying) {
      if (syms[varying].kind == SymKind::Load && args[k] != kNoSym && syms[args[k]].kind != SymKind::Const &&
          syms.contains(varying, args[k]) && varying != args[k])
        next.varying.push_back(
            syms.replace(varying, args[k], syms.make(SymKind::Param, static_cast<std::uint32_t>(k))));
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
  next.doubt = doubtAt(from, snapshot);

  std::uint64_t h = mix(function, next.origin);
  for (const EntryLock& e : next.held) {
    h = mix(mix(mix(h, e.sym), e.places), static_cast<std::uint64_t>(e.mode));
    for (auto [argument, key] : e.related) h = mix(h, key + argument);
  }
  for (SetId a : next.arguments) h = mix(h, a);
  for (std::int64_t c : next.constants) h = mix(h, static_cast<std::uint64_t>(c));
  for (bool f : next.fresh) h = mix(h, f);
  for (SymId v : next.varying) h = mix(h, v);
  h = mix(mix(mix(mix(mix(h, next.alive), next.awaited), next.signalled), next.once), next.clone);
  h = mix(mix(h, next.acquired), next.only);
  h = mix(mix(h, next.phase), next.frames);
  h = mix(mix(h, next.dying), next.doubt);
  for (const Fact& f : next.flags) h = mix(mix(h, f.sym), static_cast<std::uint64_t>(f.value) * 2 + f.equal);
  auto same = [&](const Context& c) {
    if (c.function != function || c.origin != next.origin || c.held.size() != next.held.size()) return false;
    for (std::size_t i = 0; i < c.held.size(); ++i) {
      if (c.held[i].sym != next.held[i].sym || c.held[i].places != next.held[i].places ||
          c.held[i].mode != next.held[i].mode || c.held[i].related != next.held[i].related)
        return false;
    }
    return c.arguments == next.arguments && c.constants == next.constants && c.fresh == next.fresh &&
           c.varying == next.varying && c.alive == next.alive && c.awaited == next.awaited &&
           c.signalled == next.signalled && c.once == next.once && c.clone == next.clone &&
           c.acquired == next.acquired && c.only == next.only && c.phase == next.phase &&
           c.frames == next.frames && c.dying == next.dying && c.flags == next.flags && c.doubt == next.doubt;
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
        bool same = o.sym == e.sym && (e.sym != kNoSym || o.places == e.places);
        if (!same || (o.mode != e.mode && e.mode != Mode::Shared)) continue;
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
    if (joined.phase != next.phase || joined.frames != next.frames) joined.phase = joined.frames = kNone;
    joined.signalled = unite(joined.signalled, next.signalled);
    grown |= joined.dying && !next.dying;
    joined.dying &= next.dying;
    if (joined.flags != next.flags) {
      grown |= !joined.flags.empty();
      joined.flags.clear();
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

// The functions a call may reach, with arguments as each wants them.
std::vector<std::pair<Index, std::vector<SymId>>> World::resolve(ContextId context, const CallSite& site) {
  std::vector<std::pair<Index, std::vector<SymId>>> out;
  if (site.callee == kNoSym) return out;
  auto addFunction = [&](Index function, std::vector<SymId> args) {
    for (auto& [f, a] : out) {
      if (f == function && a == args) return;
    }
    if (out.size() < 16) out.emplace_back(function, std::move(args));
  };
  if (syms[site.callee].kind == SymKind::Func) {
    Index symbol = syms[site.callee].a;
    if (!site.is_virtual) {
      if (program.symbols[symbol].function != kNone) addFunction(program.symbols[symbol].function, site.args);
      return out;
    }
    // By the classes of the objects that may be meant, else by the hierarchy.
    std::vector<Index> candidates;
    std::vector<Index> work{symbol};
    std::set<Index> seen;
    while (!work.empty()) {
      Index s = work.back();
      work.pop_back();
      if (!seen.insert(s).second) continue;
      candidates.push_back(s);
      for (Index o : program.symbols[s].overridden_by) work.push_back(o);
    }
    std::set<Index> by_object;
    bool all_known = !site.args.empty();
    if (!site.args.empty()) {
      SetId places = eval(context, site.args[0]);
      if (sets_[places].empty()) all_known = false;
      for (PlaceId place : std::vector<std::uint32_t>(sets_[places])) {
        Index type = typeOf(place);
        const Object& object = objectOf(place);
        if (type == kNone && object.kind == ObjectKind::Heap && parts[place].parent == kNone) {
          const facts::Instruction& in = program.instruction(object.a);
          const FunctionInfo& f = program.functions[program.functionOfGid(object.a)];
          type = program.typeOf(*f.map, in.type);
        }
        const TypeInfo* info = program.typeInfo(type);
        bool found = false;
        // The class itself, or the nearest of its bases that defines it.
        std::vector<Index> classes{type};
        for (std::size_t i = 0; i < classes.size() && info && !found && i < 16; ++i) {
          const TypeInfo* c = program.typeInfo(classes[i]);
          if (!c) continue;
          for (Index candidate : candidates) {
            const TypeInfo* parent = program.typeInfo(program.symbols[candidate].parent);
            if (parent && parent->name == c->name) {
              by_object.insert(candidate);
              found = true;
            }
          }
          for (Index field : c->fields) {
            if (program.fields[field].is_base) classes.push_back(program.fields[field].type);
          }
        }
        if (!found) all_known = false;
      }
    }
    for (Index candidate : candidates) {
      if (all_known && !by_object.count(candidate)) continue;
      if (program.symbols[candidate].function != kNone)
        addFunction(program.symbols[candidate].function, site.args);
    }
    return out;
  }
  for (PlaceId place : std::vector<std::uint32_t>(sets_[eval(context, site.callee)])) {
    const Object object = objectOf(place);
    if (object.kind == ObjectKind::Function) {
      Index function = program.symbols[object.a].function;
      if (function != kNone) addFunction(function, site.args);
      continue;
    }
    if (!site.forwarded) continue;
    // A callable object.
    Index type = typeOf(place);
    const TypeInfo* info = program.typeInfo(type);
    if (!info || info->kind != facts::TypeKind::Record) continue;
    Index call = program.callOperator(type);
    if (call == kNone) continue;
    std::vector<SymId> args{site.callee};
    args.insert(args.end(), site.args.begin(), site.args.end());
    addFunction(call, std::move(args));
  }
  return out;
}

void World::start(ContextId from, const Event& event, const CallSite& site, const Snapshot& snapshot) {
  for (auto& [function, args] : resolve(from, site)) {
    // A thread that starts its like is one of many.
    OriginId parent = contexts[from].origin;
    OriginId id = kNone;
    for (OriginId o = parent; o != kNone; o = origins[o].parent) {
      if (origins[o].start == event.gid && origins[o].entry == function && origins[o].parent != kNone) id = o;
    }
    bool recursive = id != kNone;
    if (!recursive) {
      auto key = std::make_tuple(event.gid, parent, function, contexts[from].path);
      auto [it, fresh] = origin_ids_.try_emplace(key, static_cast<OriginId>(origins.size()));
      if (fresh) origins.emplace_back();
      id = it->second;
    }
    std::vector<OriginId>& list = started_[{from, event.gid}];
    if (std::find(list.begin(), list.end(), id) == list.end()) list.push_back(id);
    if (recursive) {
      origins[id].many = true;
      continue;
    }
    Origin& origin = origins[id];
    origin.start = event.gid;
    origin.parent = parent;
    origin.creator = from;
    origin.entry = function;
    origin.path = contexts[from].path;
    origin.alive = aliveAt(from, snapshot);
    noteHeldAtStart(id, from, snapshot);
    Context root;
    root.function = function;
    root.origin = id;
    root.path = mix(event.gid, id);
    root.phase = 1;
    root.single = true;
    root.awaited = tokens(from, contexts[from].awaited, snapshot.awaited, true, false);
    root.acquired = gatesPassed(from, snapshot);
    std::size_t n = program.functions[function].body->parameter_types.size() +
                    (program.functions[function].method ? 1 : 0);
    for (std::size_t k = 0; k < args.size() && k < n; ++k) {
      root.arguments.push_back(eval(from, args[k]));
      auto value = constant(from, args[k]);
      root.constants.push_back(value ? *value : INT64_MIN);
      root.fresh.push_back(false);
    }
    root.varying = site.varying;
    // The wrapper's argument that varies for its caller.
    for (std::size_t k = 0; k < args.size(); ++k) {
      if (isVarying(from, args[k]))
        root.varying.push_back(syms.make(SymKind::Param, static_cast<std::uint32_t>(k)));
    }
    origins[id].arguments = root.arguments;
    // The same start seen again in this round (another state of its function).
    bool known = origins[id].root != kNone && origins[id].root < contexts.size() &&
                 contexts[origins[id].root].origin == id && contexts[origins[id].root].parent == kNone &&
                 contexts[origins[id].root].function == function &&
                 contexts[origins[id].root].arguments == root.arguments;
    if (known) continue;
    ContextId context = static_cast<ContextId>(contexts.size());
    contexts.push_back(std::move(root));
    origins[id].root = context;
    process(context);
  }
}

// Whether what a state of a function says of the arguments can be so in this
// context.
bool World::feasible(ContextId context, const Summary& summary, const Snapshot& snapshot) {
  for (const Fact& fact : snapshot.facts) {
    const Sym s = syms[fact.sym];
    if (auto value = constant(context, fact.sym)) {
      if ((*value == fact.value) != fact.equal) return false;
      continue;
    }
    // `if (t->lock) lock(t->lock)`: where there is a lock, it is taken.
    if (s.kind != SymKind::Load || !fact.equal || fact.value != 0) continue;
    bool locked = std::any_of(summary.events.begin(), summary.events.end(), [&](const Event& event) {
      return event.kind == EventKind::Acquire && event.addr == fact.sym;
    });
    if (locked && eval(context, fact.sym) != 0) return false;
  }
  return true;
}

void World::processEvent(ContextId context, Index e) {
  const Summary& summary = link.summaries[contexts[context].function];
  const Event event = summary.events[e];
  const Snapshot& snapshot = summary.snapshots[event.snapshot];
  if (!snapshot.facts.empty() && !feasible(context, summary, snapshot)) return;
  switch (event.kind) {
    case EventKind::Access: {
      if (event.value != kNoSym) {
        SetId value = eval(context, event.value);
        if (value != 0) {
          for (PlaceId place : std::vector<std::uint32_t>(sets_[eval(context, event.addr)]))
            addContent(place, value);
        }
      }
      if (!final_ || (event.flags & kEventFresh)) break;
      if ((event.flags & kEventParamFresh) && event.aux < contexts[context].fresh.size() &&
          contexts[context].fresh[event.aux])
        break;
      SetId places = eval(context, event.addr);
      if (places == 0) break;
      std::vector<std::uint32_t> list = sets_[places];
      const SetId locks = lockUsesAt(context, event.addr, snapshot);
      Access access;
      access.gid = event.gid;
      access.context = context;
      access.event = e;
      access.flags = event.flags | (contexts[context].dying ? kEventDying : 0u);
      access.locks = locks;
      access.alive = aliveAt(context, snapshot);
      access.awaited = tokens(context, contexts[context].awaited, snapshot.awaited, true, false);
      access.signalled = tokens(context, contexts[context].signalled, snapshot.signalled, false, true);
      access.acquired = gatesPassed(context, snapshot);
      access.only = onlyOne(context, snapshot);
      access.phase = phaseAt(context, snapshot);
      access.origin = contexts[context].origin;
      access.doubt = doubtAt(context, snapshot);
      access.distinct = isVarying(context, event.addr);
      access.width = static_cast<std::uint16_t>(std::min<std::size_t>(list.size(), 60000));
      for (PlaceId place : list) {
        if (objectOf(place).kind == ObjectKind::Function) continue;
        access.place = place;
        std::uint64_t h =
            mix(mix(mix(mix(mix(place, access.gid), access.locks), access.alive), access.origin),
                access.awaited * 2 + access.distinct);
        h = mix(mix(mix(h, access.acquired + access.only + access.phase * 31), access.signalled),
                access.flags & (kEventRead | kEventWrite | kEventDying));
        h = mix(h, access.doubt);
        if (access_ids_.emplace(h, true).second) accesses.push_back(access);
      }
      break;
    }
    case EventKind::CopyObject: {
      SetId to = eval(context, event.addr), from = eval(context, event.value);
      for (PlaceId t : std::vector<std::uint32_t>(sets_[to])) {
        for (PlaceId f : std::vector<std::uint32_t>(sets_[from])) copyObject(t, f, event.aux);
      }
      break;
    }
    case EventKind::Call: {
      const CallSite site = summary.calls[event.aux];
      SetId result = 0;
      for (auto& [function, args] : resolve(context, site)) {
        const bool dying = contexts[context].dying || (event.flags & kEventDying);
        ContextId child = enter(context, event.gid, function, args, site, snapshot, dying);
        if (syms[site.callee].kind != SymKind::Func || site.is_virtual || !link.summaries[function].ready) {
          for (const Outcome& outcome : link.summaries[function].outcomes) {
            if (outcome.result != kNoSym) result = unite(result, eval(child, outcome.result));
          }
        }
      }
      if (result != 0) {
        SetId& known = results_[{context, event.gid}];
        SetId grown = unite(known, result);
        if (grown != known) {
          known = grown;
          contexts[context].values.clear();
        }
      }
      break;
    }
    case EventKind::Start:
      start(context, event, summary.calls[event.aux], snapshot);
      break;
    case EventKind::Handler: {
      for (PlaceId place : std::vector<std::uint32_t>(sets_[eval(context, event.value)])) {
        if (objectOf(place).kind != ObjectKind::Function) continue;
        Index function = program.symbols[objectOf(place).a].function;
        if (function == kNone) continue;
        auto key = std::make_tuple(event.gid, contexts[context].origin, function, std::uint64_t{1});
        auto [it, fresh] = origin_ids_.try_emplace(key, static_cast<OriginId>(origins.size()));
        if (fresh) origins.emplace_back();
        OriginId id = it->second;
        origins[id].signal = true;
        origins[id].start = event.gid;
        origins[id].parent = contexts[context].origin;
        origins[id].creator = context;
        origins[id].entry = function;
        if (origins[id].root != kNone && origins[id].root < contexts.size() &&
            contexts[origins[id].root].origin == id)
          break;
        Context root;
        root.function = function;
        root.origin = id;
        root.path = mix(event.gid, id);
        contexts.push_back(std::move(root));
        ContextId root_context = static_cast<ContextId>(contexts.size() - 1);
        origins[id].root = root_context;
        process(root_context);
      }
      break;
    }
    case EventKind::Join: {
      if (event.addr == kNoSym || syms[event.addr].kind == SymKind::Const) break;
      SetId result = 0;
      for (PlaceId thread : std::vector<std::uint32_t>(sets_[eval(context, event.value)])) {
        for (OriginId o : originsOfThread(thread)) {
          if (origins[o].root == kNone || origins[o].root >= contexts.size()) continue;
          for (const Outcome& outcome : link.summaries[contexts[origins[o].root].function].outcomes) {
            if (outcome.result != kNoSym) result = unite(result, eval(origins[o].root, outcome.result));
          }
        }
      }
      for (PlaceId place : std::vector<std::uint32_t>(sets_[eval(context, event.addr)]))
        addContent(place, result);
      break;
    }
    case EventKind::InitLock: {
      SetId places = eval(context, event.addr);
      std::int64_t type = 0;
      if (event.value != kNoSym && syms[event.value].kind == SymKind::Const) type = syms[event.value].n;
      for (PlaceId place : sets_[places]) {
        lock_kinds[place] = event.lock_kind;
        if (type == 1) recursive_locks.insert(place);
        if (type == 2) error_checking_locks.insert(place);
      }
      break;
    }
    case EventKind::SemaphoreInit: {
      std::int64_t value = -1;
      if (event.value != kNoSym && syms[event.value].kind == SymKind::Const) value = syms[event.value].n;
      for (PlaceId place : sets_[eval(context, event.addr)]) semaphore_values[place] = value;
      break;
    }
    default:
      break;
  }
}

std::vector<Gid> World::stackOf(ContextId context, Gid gid) const {
  std::vector<Gid> out{gid};
  for (ContextId c = context; contexts[c].parent != kNone && out.size() < 64; c = contexts[c].parent)
    out.push_back(contexts[c].call);
  return out;
}

}  // namespace gridlock::link
