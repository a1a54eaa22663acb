// World: contexts from the roots down, and the events in each.
#include "analyzer/link/world.h"

#include "analyzer/facts/arithmetic.h"
#include "analyzer/link/mix.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace gridlock::link {

namespace {

constexpr unsigned kRounds = 6;

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

// Whether an address or number is made of one that does.
bool World::differs(const std::vector<SymId>& varying, SymId sym) const {
  if (sym == kNoSym || varying.empty()) return false;
  if (std::find(varying.begin(), varying.end(), sym) != varying.end()) return true;
  const Sym& s = syms[sym];
  if (s.kind == SymKind::Field) return differs(varying, s.a);
  if (s.kind == SymKind::Element || s.kind == SymKind::Arith)
    return differs(varying, s.a) || differs(varying, s.b);
  return false;
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
    case SymKind::Result:
      return isDrawn(sym);
    default:
      return false;
  }
}

// Whether a signal's number is that of a fault, or of abort().
bool World::isCrash(SymId signal) const {
  if (signal == kNoSym || syms[signal].kind != SymKind::Const) return false;
  constexpr std::int64_t kCrashes[] = {SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
  return std::find(std::begin(kCrashes), std::end(kCrashes), syms[signal].n) != std::end(kCrashes);
}

// A number that an atomic counter has given out: no other thread has it.
bool World::isDrawn(SymId sym) const {
  const facts::Instruction& in = program.instruction(syms[sym].a);
  return in.kind == facts::InstructionKind::ReadWrite && (in.flags & facts::kInstrAtomic) &&
         in.value != kNone;
}

// `id * k + c`, where nothing else is in it.
std::optional<World::Linear> World::linear(SymId sym) const {
  if (sym == kNoSym) return std::nullopt;
  const Sym& s = syms[sym];
  if (s.kind == SymKind::Const) return Linear{kNoSym, 0, s.n};
  if (s.kind != SymKind::Arith) return Linear{sym, 1, 0};
  const auto a = linear(s.a), b = linear(s.b);
  if (!a || !b || (a->base != kNoSym && b->base != kNoSym && a->base != b->base)) return std::nullopt;
  const SymId base = a->base != kNoSym ? a->base : b->base;
  constexpr std::int64_t kSmall = 1 << 24;
  for (const Linear& side : {*a, *b}) {
    if (std::abs(side.factor) > kSmall || std::abs(side.rest) > kSmall) return std::nullopt;
  }
  switch (static_cast<facts::Arithmetic>(s.n)) {
    case facts::Arithmetic::Add:
      return Linear{base, a->factor + b->factor, a->rest + b->rest};
    case facts::Arithmetic::Subtract:
      return Linear{base, a->factor - b->factor, a->rest - b->rest};
    case facts::Arithmetic::Multiply:
      if (a->base == kNoSym) return Linear{base, a->rest * b->factor, a->rest * b->rest};
      if (b->base == kNoSym) return Linear{base, b->rest * a->factor, b->rest * a->rest};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

// Whether a part that begins and ends so certainly runs into the next one's: `id * 32` to `id * 32 + 33`.
bool World::reachesNext(SymId begin, SymId end) const {
  const auto from = linear(begin), to = linear(end);
  if (!from || !to || from->base == kNoSym || from->base != to->base || from->factor != to->factor)
    return false;
  const std::int64_t length = std::abs(to->rest - from->rest);
  return from->factor != 0 && length > std::abs(from->factor);
}

// A loop over the thread's own part: from where its number says to where it says, or in steps of more
// than one.
bool World::isPartition(ContextId context, SymId phi) const {
  auto inputs = link.phis.find(phi);
  if (inputs == link.phis.end() || contexts[context].varying.empty()) return false;
  bool begins = false, single_steps = false;
  SymId first = kNoSym;
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
      const bool add = syms[input].n == static_cast<std::int64_t>(facts::Arithmetic::Add);
      single_steps |= add && (syms[syms[input].b].n == 1 || syms[syms[input].b].n == -1);
      begins = true;
      first = input;
      continue;
    }
    if (!isVarying(context, input)) return false;
    begins = true;
    first = input;
  }
  if (!begins || !single_steps) return begins;
  for (SymId one : seen) {
    auto bounds = link.bounds.find(one);
    if (bounds == link.bounds.end()) continue;
    for (SymId bound : bounds->second) {
      if (isVarying(context, bound)) return !reachesNext(first, bound);
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

// Whether what a state of a function says of the arguments can be so in this
// context.
bool World::feasible(ContextId context, const Summary& summary, const Snapshot& snapshot) {
  for (const Fact& known : contexts[context].settings) {
    for (const Fact& fact : snapshot.flags) {
      if (fact.sym == known.sym && (fact.value == known.value) != fact.equal) return false;
    }
  }
  // A setting that stays as it was when the thread was started.
  for (const Fact& known : origins[contexts[context].origin].settings) {
    if (changing_.count(syms[syms[known.sym].a].a)) continue;
    for (const Fact& fact : snapshot.flags) {
      if (fact.sym == known.sym && (fact.value == known.value) != fact.equal) return false;
    }
  }
  for (const Fact& fact : snapshot.facts) {
    const Sym s = syms[fact.sym];
    if (auto value = constant(context, fact.sym)) {
      if ((*value == fact.value) != fact.equal) return false;
      continue;
    }
    // `if (t->lock) lock(t->lock)`: where there is a lock, it is taken.
    if (s.kind != SymKind::Load || !fact.equal || fact.value != 0) continue;
    bool locked = std::any_of(summary.events.begin(), summary.events.end(), [&](const Event& event) {
      if (event.kind == EventKind::Acquire && event.addr == fact.sym) return true;
      const std::vector<Held>& locks = summary.snapshots[event.snapshot].locks;
      return std::any_of(locks.begin(), locks.end(), [&](const Held& h) { return h.lock == fact.sym; });
    });
    if (locked && eval(context, fact.sym) != 0) return false;
  }
  return true;
}

Access World::sideAt(ContextId context, Index e) {
  const Summary& summary = link.summaries[contexts[context].function];
  const Event& event = summary.events[e];
  const Snapshot& snapshot = summary.snapshots[event.snapshot];
  Access side;
  side.gid = event.gid;
  side.context = context;
  side.event = e;
  side.flags = contexts[context].dying ? std::uint32_t{kEventDying} : 0u;
  side.locks = lockUsesAt(context, event.addr, snapshot);
  side.alive = aliveAt(context, snapshot);
  side.awaited = tokens(context, contexts[context].awaited, snapshot.awaited, true, false);
  side.signalled = tokens(context, contexts[context].signalled, snapshot.signalled, false, true);
  side.acquired = gatesPassed(context, snapshot);
  side.only = onlyOne(context, snapshot);
  side.phase = phaseAt(context, snapshot);
  side.origin = contexts[context].origin;
  side.doubt = doubtAt(context, snapshot);
  return side;
}

void World::processEvent(ContextId context, Index e) {
  const Summary& summary = link.summaries[contexts[context].function];
  const Event event = summary.events[e];
  const Snapshot& snapshot = summary.snapshots[event.snapshot];
  if ((!snapshot.facts.empty() || !snapshot.flags.empty()) && !feasible(context, summary, snapshot)) return;
  switch (event.kind) {
    case EventKind::Access: {
      if ((event.flags & kEventWrite) && syms[event.addr].kind == SymKind::Global &&
          link.state_flags.isSetting(syms[event.addr].a) && aliveAt(context, snapshot) != 0 &&
          changing_.insert(syms[event.addr].a).second)
        changed_ = true;
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
      Access access = sideAt(context, e);
      access.flags |= event.flags;
      if ((event.flags & kEventParamOwn) && event.aux < contexts[context].own.size() &&
          contexts[context].own[event.aux])
        access.flags |= kEventTaken;
      access.distinct = (event.flags & kEventDrawn) || isVarying(context, event.addr);
      access.width = static_cast<std::uint16_t>(std::min<std::size_t>(list.size(), 60000));
      for (PlaceId place : list) {
        if (objectOf(place).kind == ObjectKind::Function) continue;
        access.place = place;
        std::uint64_t h =
            mix(mix(mix(mix(mix(place, access.gid), access.locks), access.alive), access.origin),
                access.awaited * 2 + access.distinct);
        h = mix(mix(mix(h, access.acquired + access.only + access.phase * 31), access.signalled),
                access.flags & (kEventRead | kEventWrite | kEventDying | kEventTaken));
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
        origins[id].crash = isCrash(event.addr);
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
        if (event.lock_kind == LockKind::Rwlock) {
          if (type == 2) writer_preferring_locks.insert(place);
          continue;
        }
        if (type == 1) recursive_locks.insert(place);
        if (type == 2) error_checking_locks.insert(place);
      }
      break;
    }
    case EventKind::SemaphoreInit: {
      std::int64_t value = -1;
      if (event.value != kNoSym && syms[event.value].kind == SymKind::Const) value = syms[event.value].n;
      auto& values = event.flags & kEventLatch ? latch_counts : semaphore_values;
      for (PlaceId place : sets_[eval(context, event.addr)]) values[place] = value;
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
