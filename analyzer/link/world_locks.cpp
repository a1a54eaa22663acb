// World: which locks are held at a point, and how they are related to what is accessed there.
//
// A lock that is one single object guards by its identity. A lock in a structure, an array or a table
// guards by its *relation* to what is accessed: `p->mu` for `p->data`, `mu[i]` for `slot[i]` and for the
// list that begins there. Two accesses of one place under locks of the same relation cannot happen at
// the same time. That lists which begin in different elements share no node is assumed.
#include <algorithm>

#include "analyzer/link/mix.h"
#include "analyzer/link/world.h"

namespace gridlock::link {

namespace {

constexpr std::uint64_t kRelation = 1ull << 63;  // no place

// Reads a lock's expression and an access's for what both are made of.
class Relation {
 public:
  Relation(const LinkContext& link, SymId lock) : syms_(link.syms), link_(link), lock_(lock) {
    lock_chain_ = chain(lock);
  }

  std::uint64_t of(SymId access, unsigned depth = 0) {
    if (access == kNoSym || depth > 4) return 0;
    std::vector<SymId> path = chain(access);
    if (std::uint64_t key = commonBase(path, false)) return key;
    if (std::uint64_t key = commonIndex(path)) return key;
    if (std::uint64_t key = commonBase(path, true)) return key;
    // Along a list: where it begins.
    SymId root = path.back();
    if (syms_[root].kind != SymKind::Phi) return 0;
    auto inputs = link_.phis.find(root);
    if (inputs == link_.phis.end()) return 0;
    seen_.push_back(root);
    std::uint64_t key = 0;
    for (SymId input : inputs->second) {
      SymId begin = chain(input).back();
      if (syms_[begin].kind == SymKind::Stale) begin = syms_[begin].a;
      SymId made = begin;
      while (syms_[made].kind == SymKind::Via) made = syms_[made].b;
      // Its end, and an element that is new.
      if (syms_[begin].kind == SymKind::Const || syms_[made].kind == SymKind::Alloc) continue;
      if (std::find(seen_.begin(), seen_.end(), begin) != seen_.end()) continue;
      std::uint64_t one = of(input, depth + 1);
      if (one == 0 || (key != 0 && key != one)) return 0;
      key = one;
    }
    return key;
  }

 private:
  std::vector<SymId> chain(SymId id) const {
    std::vector<SymId> out{id};
    while (true) {
      const Sym& s = syms_[id];
      if (s.kind != SymKind::Field && s.kind != SymKind::Element && s.kind != SymKind::Load) return out;
      // An object and its base are one: `this->m_` in the base, `derived->Base::data_` in what it calls.
      if (s.kind == SymKind::Field && link_.program.fields[s.b].is_base) out.pop_back();
      id = s.a;
      out.push_back(id);
    }
  }

  // Whether one step down an expression is the same for everyone, and its hash.
  bool fixedStep(SymId id, std::uint64_t& h) const {
    const Sym& s = syms_[id];
    h = mix(h, static_cast<std::uint64_t>(s.kind));
    if (s.kind == SymKind::Field) {
      h = mix(h, s.b);
      return true;
    }
    if (s.kind == SymKind::Load) return true;
    if (s.kind != SymKind::Element || s.b == kNoSym || syms_[s.b].kind != SymKind::Const) return false;
    h = mix(h, static_cast<std::uint64_t>(syms_[s.b].n));
    return true;
  }

  // `p->mu` and `p->data`: the steps from `p` to the lock, and the first one to the data.
  std::uint64_t commonBase(const std::vector<SymId>& path, bool elements) const {
    std::uint64_t h = 1;
    for (std::size_t i = 0; i < lock_chain_.size(); ++i) {
      auto at = std::find(path.begin(), path.end(), lock_chain_[i]);
      if (i > 0 && at != path.end()) {
        std::uint64_t first = 2;
        if (at != path.begin()) {
          const Sym& step = syms_[*std::prev(at)];
          first = mix(static_cast<std::uint64_t>(step.kind), step.kind == SymKind::Field ? step.b : 5);
        }
        return mix(h, first) | kRelation;
      }
      if (syms_[lock_chain_[i]].kind == SymKind::Element && !elements) return 0;
      if (!fixedStep(lock_chain_[i], h)) return 0;
    }
    return 0;
  }

  // `mu[i]` and `slot[i]`.
  std::uint64_t commonIndex(const std::vector<SymId>& path) const {
    std::uint64_t h = 3;
    for (SymId id : lock_chain_) {
      const Sym& s = syms_[id];
      if (s.kind != SymKind::Element) {
        if (!fixedStep(id, h)) return 0;
        continue;
      }
      std::uint64_t lock_base = describe(s.a, path);
      if (s.b == kNoSym || lock_base == 0) return 0;
      for (auto at = path.rbegin(); at != path.rend(); ++at) {
        const Sym& a = syms_[*at];
        if (a.kind != SymKind::Element || a.b == kNoSym || !sameIndex(s.b, a.b)) continue;
        std::uint64_t base = describe(a.a, lock_chain_);
        if (s.b != a.b) h = mix(mix(h, form(s.b)), form(a.b));
        return mix(mix(h, lock_base), base == 0 ? 7 : base) | kRelation;
      }
      return 0;
    }
    return 0;
  }

  // An array by its name, or by its place in what the other expression mentions, too.
  std::uint64_t describe(SymId id, const std::vector<SymId>& other) const {
    std::uint64_t h = 11;
    while (true) {
      if (syms_[id].kind == SymKind::Global) return mix(h, syms_[id].a);
      if (std::find(other.begin(), other.end(), id) != other.end()) return mix(h, 13);
      if (!fixedStep(id, h)) return 0;
      id = syms_[id].a;
    }
  }

  bool sameIndex(SymId x, SymId y) const {
    if (x == y) return true;
    // `hash % locks` and `hash % buckets`.
    if (syms_[x].kind != SymKind::Arith && syms_[y].kind != SymKind::Arith) return false;
    std::vector<SymId> a, b;
    variables(x, a);
    variables(y, b);
    return !a.empty() && a == b;
  }

  // What is computed, whatever the variables are.
  std::uint64_t form(SymId id) const {
    if (id == kNoSym) return 1;
    const Sym& s = syms_[id];
    if (s.kind == SymKind::Const) return mix(2, static_cast<std::uint64_t>(s.n));
    if (s.kind == SymKind::Arith) return mix(mix(form(s.a), form(s.b)), static_cast<std::uint64_t>(s.n));
    return syms_.relative(id) ? 3 : mix(4, id);
  }

  void variables(SymId id, std::vector<SymId>& out) const {
    if (id == kNoSym || !syms_.relative(id)) return;
    const Sym& s = syms_[id];
    if (s.kind == SymKind::Arith) {
      variables(s.a, out);
      variables(s.b, out);
      return;
    }
    auto at = std::lower_bound(out.begin(), out.end(), id);
    if (at == out.end() || *at != id) out.insert(at, id);
  }

  const SymTable& syms_;
  const LinkContext& link_;
  SymId lock_;
  std::vector<SymId> lock_chain_;
  std::vector<SymId> seen_;
};

}  // namespace

std::vector<HeldAt> World::heldAt(ContextId context, const Snapshot& snapshot) {
  std::vector<HeldAt> out;
  std::vector<SetId> released;
  for (SymId lock : snapshot.released) released.push_back(eval(context, lock));
  std::set<Gid> cleared;  // where flags were taken that are dropped
  for (const EntryLock& entry : contexts[context].held) {
    bool dropped = false;
    for (std::size_t i = 0; i < snapshot.released.size(); ++i) {
      dropped |= entry.sym != kNoSym && snapshot.released[i] == entry.sym;
      dropped |= released[i] != 0 && released[i] == entry.places;
    }
    for (SymId flag : snapshot.cleared) {
      if (entry.soft) dropped |= flag == entry.sym || eval(context, flag) == entry.places;
    }
    if (dropped && entry.soft) cleared.insert(entry.primitive);
    if (dropped) continue;
    out.push_back({entry});
  }
  // With a flag goes what it has kept out.
  if (!cleared.empty())
    std::erase_if(out, [&](const HeldAt& held) { return held.soft && cleared.count(held.primitive) > 0; });
  for (const Held& h : snapshot.locks) {
    HeldAt held;
    held.sym = h.lock;
    held.places = eval(context, h.lock);
    held.mode = h.mode;
    held.context = context;
    held.at = h.at;
    held.primitive = h.primitive;
    held.maybe = h.maybe;
    held.soft = h.soft;
    held.hashed = isHashed(h.lock);
    out.push_back(held);
  }
  return out;
}

// A name for "the lock relative to what is accessed", 0 where there is none.
std::uint64_t World::relation(SymId access, SymId lock) {
  if (access == kNoSym || lock == kNoSym || syms.hasStale(lock)) return 0;
  auto [it, fresh] = relations_.try_emplace(static_cast<std::uint64_t>(access) << 32 | lock, 0);
  if (fresh) it->second = Relation(link, lock).of(access);
  return it->second;
}

// The argument that an expression leads from, along a list, too; kNone: another, or more than one.
std::uint32_t World::rootParameter(SymId id) const {
  std::uint32_t found = kNone;
  std::vector<SymId> seen, work{id};
  while (!work.empty()) {
    SymId at = work.back();
    work.pop_back();
    while (syms[at].kind == SymKind::Field || syms[at].kind == SymKind::Element ||
           syms[at].kind == SymKind::Load || syms[at].kind == SymKind::Stale)
      at = syms[at].a;
    SymId made = at;
    while (syms[made].kind == SymKind::Via) made = syms[made].b;
    if (syms[at].kind == SymKind::Const || syms[made].kind == SymKind::Alloc) continue;
    if (syms[at].kind == SymKind::Param) {
      if (found != kNone && found != syms[at].a) return kNone;
      found = syms[at].a;
      continue;
    }
    auto inputs = syms[at].kind == SymKind::Phi ? link.phis.find(at) : link.phis.end();
    if (inputs == link.phis.end() || seen.size() > 8) return kNone;
    if (std::find(seen.begin(), seen.end(), at) != seen.end()) continue;
    seen.push_back(at);
    work.insert(work.end(), inputs->second.begin(), inputs->second.end());
  }
  return found;
}

// A lock that the callee has no name for guards what these arguments lead to.
Related World::relatedArguments(const HeldAt& held, const std::vector<SymId>& args) {
  Related out;
  for (std::uint32_t k = 0; k < args.size() && out.size() < 4; ++k) {
    SymId arg = args[k];
    if (arg == kNoSym || syms[arg].kind == SymKind::Const || syms[arg].kind == SymKind::Func) continue;
    std::uint64_t key = held.sym == kNoSym ? 0 : relation(arg, held.sym);
    if (key == 0 && !held.related.empty()) {
      std::uint32_t parameter = rootParameter(arg);
      for (auto [argument, relation_key] : held.related) {
        if (argument == parameter) key = relation_key;
      }
    }
    if (key != 0) out.emplace_back(k, key);
  }
  return out;
}

// `lo = a < b ? a : b`, `hi = a < b ? b : a`: who holds the locks of both holds those of `a` and `b`.
std::vector<SymId> World::eitherOfTwo(const HeldAt& held, const std::vector<HeldAt>& all) {
  auto choice = [&](SymId id) -> SymId {
    while (id != kNoSym) {
      const Sym& s = syms[id];
      if (s.kind == SymKind::Phi) return id;
      if (s.kind == SymKind::Element && s.b != kNoSym && syms[s.b].kind == SymKind::Phi) return s.b;
      if (s.kind != SymKind::Field && s.kind != SymKind::Element) break;
      id = s.a;
    }
    return kNoSym;
  };
  auto inputsOf = [&](SymId phi) {
    auto it = link.phis.find(phi);
    std::vector<SymId> inputs = it == link.phis.end() ? std::vector<SymId>{} : it->second;
    std::sort(inputs.begin(), inputs.end());
    return inputs;
  };
  std::vector<SymId> out;
  const SymId mine = choice(held.sym);
  if (mine == kNoSym) return out;
  const std::vector<SymId> inputs = inputsOf(mine);
  if (inputs.size() != 2) return out;
  for (const HeldAt& other : all) {
    const SymId its = other.maybe || other.mode != held.mode ? kNoSym : choice(other.sym);
    if (its == kNoSym || its == mine || inputsOf(its) != inputs) continue;
    if (syms.replace(other.sym, its, mine) != held.sym) continue;
    for (SymId input : inputs) out.push_back(syms.replace(held.sym, mine, input));
  }
  return out;
}

// The locks held where `address` is accessed, as places and as relations.
SetId World::lockUsesAt(ContextId context, SymId address, const Snapshot& snapshot) {
  std::vector<LockUse> uses;
  std::vector<HeldAt> all_held = heldAt(context, snapshot);
  const std::uint32_t parameter = rootParameter(address);
  for (const HeldAt& held : all_held) {
    if (held.maybe) continue;
    if (sets_[held.places].size() == 1 && singlePlace(sets_[held.places][0])) {
      PlaceId lock = sets_[held.places][0];
      auto initial = semaphore_values.find(lock);
      bool mutex = initial == semaphore_values.end() || initial->second == 1;
      uses.push_back({mutex ? lock : (kSemaphoreKey | lock), held.mode});
    }
    // As many locks of one set as it has members: all of them.
    if (sets_[held.places].size() > 1 && sets_[held.places].size() < 5) {
      std::set<SymId> same;
      for (const HeldAt& other : all_held) {
        if (!other.maybe && other.places == held.places && other.mode == Mode::Exclusive)
          same.insert(other.sym);
      }
      if (same.size() >= sets_[held.places].size()) {
        for (PlaceId lock : sets_[held.places]) {
          if (singlePlace(lock)) uses.push_back({lock, held.mode});
        }
      }
    }
    if (std::uint64_t key = relation(address, held.sym)) uses.push_back({key, held.mode});
    for (SymId lock : eitherOfTwo(held, all_held)) {
      if (std::uint64_t key = relation(address, lock)) uses.push_back({key, held.mode});
    }
    for (auto [argument, key] : held.related) {
      if (argument == parameter) uses.push_back({key, held.mode});
    }
  }
  SetId once = tokens(context, contexts[context].once, snapshot.once, true, false);
  for (PlaceId flag : sets_[once]) uses.push_back({flag, Mode::Shared});
  std::sort(uses.begin(), uses.end());
  uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
  auto [it, fresh] = lock_use_ids_.try_emplace(uses, static_cast<SetId>(lock_uses.size()));
  if (fresh) lock_uses.push_back(uses);
  return it->second;
}

}  // namespace gridlock::link
