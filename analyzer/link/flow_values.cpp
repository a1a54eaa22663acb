// Flow: values, addresses, the content of memory, and what branches say of
// them.
#include <algorithm>
#include <cstdlib>

#include "analyzer/facts/arithmetic.h"
#include "analyzer/link/flow.h"

namespace gridlock::link {

using facts::ElementKind;
using facts::RootKind;
using facts::StepKind;
using facts::ValueKind;

std::uint64_t writeKey(const SymTable& syms, SymId address) {
  while (syms[address].kind == SymKind::Element) address = syms[address].a;
  const Sym& s = syms[address];
  if (s.kind == SymKind::Field) return (1ull << 40) | s.b;
  if (s.kind == SymKind::Global) return (2ull << 40) | s.a;
  return 0;
}

bool Flow::isRecordType(Index type) const {
  const TypeInfo* info = program_.typeInfo(type);
  return info && info->kind == facts::TypeKind::Record;
}

Index Flow::recordOf(Index type) const {
  const TypeInfo* info = program_.typeInfo(type);
  while (info && (info->kind == facts::TypeKind::Reference || info->kind == facts::TypeKind::Pointer)) {
    type = info->element;
    info = program_.typeInfo(type);
  }
  return info && info->kind == facts::TypeKind::Record ? type : kNone;
}

Index Flow::pathType(facts::PathId path) const {
  return path == kNone ? kNone : program_.typeOf(*info_.map, unit_.paths[path].type);
}

Index Flow::valueType(facts::ValueId id) const {
  if (id == kNone) return kNone;
  const facts::Value& value = unit_.values[id];
  switch (value.kind) {
    case ValueKind::AddressOf:
    case ValueKind::Load:
    case ValueKind::Object:
      return pathType(value.index);
    case ValueKind::Result:
      return program_.typeOf(*info_.map, body_.instructions[value.index].type);
    default:
      return kNone;
  }
}

// What the source says its arguments `a` and `b` point to, where both say the same, or one of them says bytes
// or numbers: kNone where nothing is known.
Index Flow::copiedType(const facts::Instruction& in, int a, int b) const {
  auto pointee = [&](int k) -> Index {
    if (k < 0 || static_cast<std::size_t>(k) >= in.args.size() ||
        in.args[static_cast<std::size_t>(k)] == kNone)
      return kNone;
    const facts::ValueId id = in.args[static_cast<std::size_t>(k)];
    Index type = valueType(id);
    const TypeInfo* info = program_.typeInfo(type);
    if (unit_.values[id].kind != ValueKind::AddressOf) {
      if (!info || info->kind != facts::TypeKind::Pointer) return kNone;
      type = info->element;
      info = program_.typeInfo(type);
    }
    for (; info && info->kind == facts::TypeKind::Array; info = program_.typeInfo(type)) type = info->element;
    return info && info->kind != facts::TypeKind::Other ? type : kNone;
  };
  const Index to = pointee(a), from = pointee(b);
  for (Index type : {to, from}) {
    const TypeInfo* info = program_.typeInfo(type);
    if (info && info->kind == facts::TypeKind::Scalar) return type;
  }
  return to == from ? to : kNone;
}

SymId Flow::addressOf(facts::PathId id, State& state, bool* whole_object) {
  const facts::Path& path = unit_.paths[id];
  if (whole_object) *whole_object = isRecordType(pathType(id));
  SymId at = kNoSym;
  switch (path.root) {
    case RootKind::Global:
      at = syms_.make(SymKind::Global, info_.map->symbols[path.index]);
      break;
    case RootKind::Parameter: {
      Index argument = path.index + (info_.method ? 1 : 0);
      Index type = path.index < body_.parameter_types.size()
                       ? program_.typeOf(*info_.map, body_.parameter_types[path.index])
                       : kNone;
      at = isRecordType(type) ? syms_.make(SymKind::Param, argument)
                              : syms_.make(SymKind::ParamSlot, function_, argument);
      break;
    }
    case RootKind::This:
      at = syms_.make(SymKind::ParamSlot, function_, 0);
      break;
    case RootKind::Local:
    case RootKind::Temporary:
      at = syms_.make(SymKind::Local, function_, path.index);
      break;
    case RootKind::Result: {
      SymId slot = syms_.make(SymKind::ResultSlot, info_.first_gid + path.index);
      Index type = program_.typeOf(*info_.map, body_.instructions[path.index].type);
      // Where a reference is returned, its step comes first.
      const bool reference = !path.steps.empty() && path.steps.front().kind == StepKind::Deref;
      at = isRecordType(type) && !reference ? load(slot, state) : slot;
      break;
    }
    case RootKind::Unknown:
      at = syms_.make(SymKind::Unknown, info_.first_gid, 1, path.index);
      break;
  }
  bool moved = false;  // through a pointer: an element step is pointer arithmetic
  for (const facts::Step& step : path.steps) {
    bool arithmetic = moved;
    moved = step.kind == StepKind::Deref;
    switch (step.kind) {
      case StepKind::Deref:
        at = load(at, state);
        break;
      case StepKind::Field: {
        Index field = info_.map->fields[step.index];
        const FieldInfo& f = program_.fields[field];
        const TypeInfo* parent = program_.typeInfo(f.parent);
        if (f.is_base && parent && (parent->flags & facts::kTypeSystem)) break;  // the library's own affair
        if (parent && parent->qualified == "std::pair") {
          if (f.name == "second") field = context_.second_field;
          if (f.name == "first") field = context_.first_field;
        }
        at = syms_.field(at, field);
        break;
      }
      case StepKind::Element: {
        SymId index = kNoSym;
        if (step.element == ElementKind::Constant)
          index = syms_.constant(static_cast<std::int32_t>(step.index));
        else if (step.element == ElementKind::Value)
          index = evalValue(step.index, state);
        if (index != kNoSym) {
          if (auto n = constantOf(index, state)) index = syms_.constant(*n);
        }
        const Sym base = syms_[at];
        if (arithmetic && base.kind == SymKind::Element) {
          bool first = base.b != kNoSym && syms_[base.b].kind == SymKind::Const && syms_[base.b].n == 0;
          bool stays = index != kNoSym && syms_[index].kind == SymKind::Const && syms_[index].n == 0;
          if (!stays) at = syms_.element(base.a, first ? index : kNoSym);
        } else {
          at = syms_.element(at, index);
        }
        break;
      }
      case StepKind::Deeper:
        at = syms_.make(SymKind::Unknown, info_.first_gid, 2, id);
        break;
    }
  }
  return at;
}

SymId Flow::evalValue(facts::ValueId id, State& state) {
  if (id == kNone) return syms_.make(SymKind::Unknown, info_.first_gid, 3, 0);
  const facts::Value& value = unit_.values[id];
  switch (value.kind) {
    case ValueKind::Unknown:
      return syms_.make(SymKind::Unknown, info_.first_gid, 4, id);
    case ValueKind::Constant:
      return syms_.constant(value.number);
    case ValueKind::AddressOf:
    case ValueKind::Object:
      return addressOf(value.index, state);
    case ValueKind::Load: {
      // A class object is passed and returned as its address.
      bool whole = false;
      SymId address = addressOf(value.index, state, &whole);
      return whole ? address : load(address, state);
    }
    case ValueKind::Function:
      return syms_.make(SymKind::Func, info_.map->symbols[value.index]);
    case ValueKind::Result:
      return load(syms_.make(SymKind::ResultSlot, info_.first_gid + value.index), state);
    case ValueKind::Compare: {
      SymId left = evalValue(value.left, state);
      SymId right = evalValue(value.right, state);
      if (auto n = constantOf(right, state)) right = syms_.constant(*n);
      if (auto n = constantOf(left, state)) left = syms_.constant(*n);
      return syms_.compare(value.op, left, right);
    }
    case ValueKind::Not:
      return syms_.negate(evalValue(value.left, state));
    case ValueKind::Arithmetic: {
      SymId left = value.left == kNone ? syms_.make(SymKind::Unknown, info_.first_gid, 5, id)
                                       : evalValue(value.left, state);
      SymId right = value.right == kNone ? syms_.make(SymKind::Unknown, info_.first_gid, 6, id)
                                         : evalValue(value.right, state);
      switch (syms_[left].kind) {
        case SymKind::Global:
        case SymKind::Local:
        case SymKind::Alloc:
        case SymKind::Field:
          return syms_.element(left, kNoSym);
        case SymKind::Element:
          return syms_.element(syms_[left].a, kNoSym);
        default:
          return arithmetic(left, right, value.number);
      }
    }
  }
  return syms_.make(SymKind::Unknown, info_.first_gid, 7, id);
}

// A sum keeps its constants together: `i + 1 - 1` is `i`.
SymId Flow::arithmetic(SymId left, SymId right, std::int64_t operation) {
  constexpr auto kAdd = static_cast<std::int64_t>(facts::Arithmetic::Add);
  constexpr auto kSubtract = static_cast<std::int64_t>(facts::Arithmetic::Subtract);
  const Sym x = syms_[left], y = syms_[right];
  if ((operation != kAdd && operation != kSubtract) || y.kind != SymKind::Const || x.kind == SymKind::Const)
    return syms_.make(SymKind::Arith, left, right, operation);
  std::int64_t sum = operation == kAdd ? y.n : -y.n;
  if (x.kind == SymKind::Arith && x.n == kAdd && syms_[x.b].kind == SymKind::Const &&
      std::abs(syms_[x.b].n) < (1 << 30) && std::abs(sum) < (1 << 30)) {
    sum += syms_[x.b].n;
    left = x.a;
  }
  return sum == 0 ? left : syms_.make(SymKind::Arith, left, syms_.constant(sum), kAdd);
}

SymId Flow::defaultContent(SymId address) {
  const Sym& s = syms_[address];
  if (s.kind == SymKind::ParamSlot && s.a == function_) return syms_.make(SymKind::Param, s.b);
  if (s.kind == SymKind::ResultSlot) return syms_.make(SymKind::Result, s.a);
  return syms_.make(SymKind::Load, address);
}

SymId Flow::load(SymId address, const State& state) {
  auto find = [&](SymId key) -> SymId {
    auto it = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{key, 0});
    return it != state.memory.end() && it->first == key ? it->second : kNoSym;
  };
  if (SymId found = find(address); found != kNoSym) return found;
  if (syms_[address].kind == SymKind::Element && syms_[address].b != kNoSym) {
    SymId any = syms_.element(syms_[address].a, kNoSym);
    if (SymId found = find(any); found != kNoSym) return found;
  }
  return defaultContent(address);
}

void Flow::store(SymId address, SymId value, State& state) {
  const Sym s = syms_[address];
  if (s.kind == SymKind::Element) {
    // Elements by a computed index may be any of the others.
    bool computed = s.b != kNoSym && syms_[s.b].kind != SymKind::Const;
    std::erase_if(state.memory, [&](const Binding& binding) {
      const Sym& other = syms_[binding.first];
      return other.kind == SymKind::Element && other.a == s.a && other.b != kNoSym && other.b != s.b &&
             syms_[other.b].kind != SymKind::Const;
    });
    if (computed) {
      auto exact = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{address, 0});
      if (exact != state.memory.end() && exact->first == address)
        exact->second = value;
      else
        state.memory.insert(exact, Binding{address, value});
      address = syms_.element(s.a, kNoSym);
    }
  }
  auto it = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{address, 0});
  if (it != state.memory.end() && it->first == address)
    it->second = value;
  else
    state.memory.insert(it, Binding{address, value});
  // Facts about what stood there are about the past
  // (but whether a guard held its lock at entry tells its destructor's ways apart).
  SymId old = defaultContent(address);
  const bool entry = s.kind == SymKind::Field && s.b == context_.owned_field && paramsOnly(address);
  if (syms_[old].kind == SymKind::Load && value != old && !entry) {
    if (!state.blurred && paramsOnly(old)) {
      for (const Fact& fact : state.facts) {
        const Sym& f = syms_[fact.sym];
        const bool about = fact.sym == old || (f.kind == SymKind::Compare && (f.a == old || f.b == old));
        if (!about || !paramsOnly(fact.sym)) continue;
        auto at = std::lower_bound(state.needs.begin(), state.needs.end(), fact);
        if (at == state.needs.end() || *at != fact) state.needs.insert(at, fact);
      }
    }
    std::erase_if(state.facts, [&](const Fact& fact) { return syms_.contains(fact.sym, old); });
  }
  if (std::uint64_t key = writeKey(syms_, address);
      key != 0 && !(s.kind == SymKind::Field && program_.isPseudo(s.b))) {
    noteWritten(key, state);
    // The same field of what may be the same object.
    if (s.kind == SymKind::Field && !program_.isPseudo(s.b)) {
      auto known = [&](SymId root) {
        SymKind kind = syms_[root].kind;
        return kind == SymKind::Local || kind == SymKind::Global || kind == SymKind::Alloc;
      };
      SymId root = syms_.rootOf(address);
      for (Binding& binding : state.memory) {
        const Sym& other = syms_[binding.first];
        if (binding.first == address || other.kind != SymKind::Field || other.b != s.b) continue;
        SymId other_root = syms_.rootOf(binding.first);
        if (known(root) && known(other_root)) continue;
        if (binding.second == value) continue;
        binding.second = syms_.make(SymKind::Unknown, binding.first, 8, value);
      }
    }
  }
}

void Flow::forget(SymId address, State& state) {
  std::erase_if(state.memory, [&](const Binding& binding) {
    SymId at = binding.first;
    while (true) {
      if (at == address) return true;
      const Sym& s = syms_[at];
      if (s.kind != SymKind::Field && s.kind != SymKind::Element) return false;
      at = s.a;
    }
  });
  std::erase_if(state.facts, [&](const Fact& fact) {
    return syms_.contains(fact.sym, syms_.make(SymKind::Load, address));
  });
}

void Flow::noteWritten(std::uint64_t key, State& state) {
  constexpr std::size_t kWrote = 48;
  written_.insert(key);
  auto at = std::lower_bound(state.wrote.begin(), state.wrote.end(), key);
  if (at != state.wrote.end() && *at == key) return;
  if (state.wrote.size() < kWrote)
    state.wrote.insert(at, key);
  else
    state.wrote_more = true;
}

void Flow::forgetField(std::uint64_t key, State& state) {
  noteWritten(key, state);
  state.blurred = true;
  std::erase_if(state.memory, [&](const Binding& binding) { return writeKey(syms_, binding.first) == key; });
  std::erase_if(state.facts, [&](const Fact& fact) {
    SymId at = fact.sym;
    if (syms_[at].kind == SymKind::Compare) at = syms_[at].a;
    return syms_[at].kind == SymKind::Load && writeKey(syms_, syms_[at].a) == key;
  });
}

void Flow::copyObject(SymId to, SymId from, State& state) {
  if (to == from) return;
  std::vector<Binding> copies;
  for (const Binding& binding : state.memory) {
    SymId at = binding.first;
    while (at != from && (syms_[at].kind == SymKind::Field || syms_[at].kind == SymKind::Element))
      at = syms_[at].a;
    if (at != from) continue;
    copies.emplace_back(syms_.replace(binding.first, from, to), binding.second);
  }
  for (const Binding& binding : copies) store(binding.first, binding.second, state);
}

std::optional<std::int64_t> Flow::constantOf(SymId value, const State& state) const {
  if (value == kNoSym) return std::nullopt;
  if (syms_[value].kind == SymKind::Const) return syms_[value].n;
  for (const Fact& fact : state.facts) {
    if (fact.sym == value && fact.equal) return fact.value;
  }
  // `return trylock(m) == 0;`: what is known of the sides decides.
  const Sym& s = syms_[value];
  const auto differs = [&](SymId side, std::int64_t number) {
    return std::any_of(state.facts.begin(), state.facts.end(), [&](const Fact& fact) {
      return fact.sym == side && !fact.equal && fact.value == number;
    });
  };
  if (s.kind == SymKind::Not) {
    if (auto n = constantOf(s.a, state)) return *n == 0;
    if (differs(s.a, 0)) return 0;
  }
  if (s.kind == SymKind::Compare) {
    using facts::CompareOp;
    const auto op = static_cast<CompareOp>(s.n);
    const auto left = constantOf(s.a, state), right = constantOf(s.b, state);
    if (left && right) return isTrue(op, *left, *right);
    const bool apart = (right && differs(s.a, *right)) || (left && differs(s.b, *left));
    if (apart && op == CompareOp::Eq) return 0;
    if (apart && op == CompareOp::Ne) return 1;
  }
  return std::nullopt;
}

// What a merged variable holds where the facts leave one constant of those it may.
SymId Flow::narrowed(SymId value, const std::vector<Fact>& facts) const {
  if (syms_[value].kind != SymKind::Phi) return value;
  if (std::none_of(facts.begin(), facts.end(), [&](const Fact& fact) { return fact.sym == value; }))
    return value;
  std::vector<SymId> left = alternatives(value);
  if (left.size() >= 20) return value;
  for (SymId v : left) {
    if (syms_[v].kind != SymKind::Const) return value;
  }
  for (const Fact& fact : facts) {
    if (fact.sym != value) continue;
    std::erase_if(left, [&](SymId v) { return (syms_[v].n == fact.value) != fact.equal; });
  }
  return left.size() == 1 ? left[0] : value;
}

bool Flow::assumeEqual(SymId value, bool equal, std::int64_t number, State& state) {
  const Sym s = syms_[value];
  if (s.kind == SymKind::Const) return (s.n == number) == equal;
  if (s.kind == SymKind::Phi) {
    // One of the constants that the ways to here have left.
    std::vector<SymId> values = alternatives(value);
    bool known = values.size() < 20, possible = false;
    for (SymId v : values) {
      known &= syms_[v].kind == SymKind::Const;
      possible |= known && (syms_[v].n == number) == equal;
    }
    if (known && !possible) {
      pruned_.insert(block_);
      return false;
    }
  }
  if (number == 0 && equal) {
    SymKind root = syms_[syms_.rootOf(value)].kind;
    if (root == SymKind::Global || root == SymKind::Local || root == SymKind::Func) return false;
    // Nor is there a lock at address 0.
    if (std::any_of(state.locks.begin(), state.locks.end(), [&](const Held& h) { return h.lock == value; }))
      return false;
  }
  for (const Fact& fact : state.facts) {
    if (fact.sym != value) continue;
    if (fact.equal) return (fact.value == number) == equal;
    if (fact.value == number) return !equal;
  }
  if (equal) std::erase_if(state.facts, [&](const Fact& fact) { return fact.sym == value; });
  Fact fact{value, equal, number};
  state.facts.insert(std::lower_bound(state.facts.begin(), state.facts.end(), fact), fact);
  if (equal) noteLast(value, number, state);
  if (number == 0 && equal) foundIdle(value, state);
  if (number == -1 && equal) takeTurn(value, state);
  // Someone has set it: what was done before that is done.
  if (s.kind == SymKind::Load && equal == (number != 0) && !syms_.hasStale(s.a)) {
    SymKind root = syms_[syms_.rootOf(s.a)].kind;
    bool local = root == SymKind::Local || root == SymKind::ParamSlot || root == SymKind::ResultSlot;
    bool flag = isAtomicAddress(s.a) || read_atomically_.count(s.a) || !state.locks.empty();
    if (!local && flag) {
      if (std::uint64_t key = writeKey(syms_, s.a)) context_.awaited_keys.insert(key);
    }
    if (!local && flag &&
        std::find(state.rest.awaited.begin(), state.rest.awaited.end(), s.a) == state.rest.awaited.end()) {
      state.rest.awaited.push_back(s.a);
      std::sort(state.rest.awaited.begin(), state.rest.awaited.end());
    }
  }
  return true;
}

bool Flow::isAtomicAddress(SymId address) const {
  while (syms_[address].kind == SymKind::Element) address = syms_[address].a;
  Index type = kNone;
  if (syms_[address].kind == SymKind::Field) type = program_.fields[syms_[address].b].type;
  if (syms_[address].kind == SymKind::Global) type = program_.symbols[syms_[address].a].type;
  const TypeInfo* info = program_.typeInfo(type);
  while (info && info->kind == facts::TypeKind::Array) info = program_.typeInfo(info->element);
  return info && info->kind == facts::TypeKind::Atomic;
}

bool Flow::assume(SymId condition, bool truth, State& state) {
  const Sym s = syms_[condition];
  using facts::CompareOp;
  if (s.kind == SymKind::Not) return assume(s.a, !truth, state);
  if (s.kind == SymKind::Compare) {
    CompareOp op = static_cast<CompareOp>(s.n);
    SymId left = s.a, right = s.b;
    if (auto n = constantOf(left, state)) left = syms_.constant(*n);
    if (auto n = constantOf(right, state)) right = syms_.constant(*n);
    if (left != s.a || right != s.b) {
      SymId folded = syms_.compare(op, left, right);
      if (syms_[folded].kind == SymKind::Const) return (syms_[folded].n != 0) == truth;
    }
    if ((op == CompareOp::Eq) == truth && (op == CompareOp::Eq || op == CompareOp::Ne))
      takeTicket(left, right, state);
    if (syms_[right].kind == SymKind::Const) {
      std::int64_t n = syms_[right].n;
      if (op == CompareOp::Eq) return assumeEqual(left, truth, n, state);
      if (op == CompareOp::Ne) return assumeEqual(left, !truth, n, state);
      bool excludes_zero =
          (op == CompareOp::Lt && truth && n <= 0) || (op == CompareOp::Gt && truth && n >= 0) ||
          (op == CompareOp::Ge && truth && n > 0) || (op == CompareOp::Le && truth && n < 0) ||
          (op == CompareOp::Ge && !truth && n <= 0) || (op == CompareOp::Le && !truth && n >= 0);
      if (excludes_zero && !assumeEqual(left, false, 0, state)) return false;
      // `if (--references <= 0)`, and where `--references > 0` does not hold.
      if ((op == CompareOp::Le && truth && n == 0) || (op == CompareOp::Gt && !truth && n == 0) ||
          (op == CompareOp::Lt && truth && n == 1) || (op == CompareOp::Ge && !truth && n == 1))
        noteLast(left, 0, state);
    }
  }
  return assumeEqual(condition, !truth, 0, state);
}

bool Flow::isFresh(SymId root, const State& state) const {
  const Sym* s = &syms_[root];
  bool mine = s->kind == SymKind::Local || s->kind == SymKind::Alloc || s->kind == SymKind::ParamSlot;
  if (s->kind == SymKind::Via) {
    while (s->kind == SymKind::Via) s = &syms_[s->b];
    mine = s->kind == SymKind::Alloc || s->kind == SymKind::Local;
  }
  if (!mine) return false;
  return !std::binary_search(state.rest.escaped.begin(), state.rest.escaped.end(), root);
}

// What an allocator gave, here or in a callee.
bool Flow::isAllocation(SymId value) const {
  while (syms_[value].kind == SymKind::Via) value = syms_[value].b;
  return syms_[value].kind == SymKind::Alloc;
}

// Whether a result is new memory on each way that gives any: a wrapper of malloc and realloc.
bool Flow::mayBeFresh(SymId root, const State& state) const {
  std::vector<SymId> seen, work{root};
  bool any = false;
  while (!work.empty()) {
    const SymId one = work.back();
    work.pop_back();
    if (std::find(seen.begin(), seen.end(), one) != seen.end()) continue;
    seen.push_back(one);
    if (syms_[one].kind == SymKind::Const) continue;
    if (syms_[one].kind == SymKind::Phi && seen.size() < 16) {
      auto inputs = context_.phis.find(one);
      if (inputs == context_.phis.end()) return false;
      for (SymId input : inputs->second) work.push_back(syms_.rootOf(input));
      continue;
    }
    SymId leaf = one;
    while (syms_[leaf].kind == SymKind::Via) leaf = syms_[leaf].b;
    const SymKind kind = syms_[leaf].kind;
    if (kind != SymKind::Alloc || !isFresh(one, state)) return false;
    any = true;
  }
  return any;
}

void Flow::renew(SymId root, State& state) {
  if (syms_[root].kind == SymKind::Local) std::erase(state.rest.escaped, root);
}

void Flow::escape(SymId value, State& state, unsigned depth) {
  if (value == kNoSym || depth > 6) return;
  SymId root = syms_.rootOf(value);
  switch (syms_[root].kind) {
    case SymKind::Local:
    case SymKind::Alloc:
    case SymKind::Via:
    case SymKind::Param:
    case SymKind::ParamSlot:
      break;
    default:
      return;
  }
  auto at = std::lower_bound(state.rest.escaped.begin(), state.rest.escaped.end(), root);
  if (at != state.rest.escaped.end() && *at == root) return;
  state.rest.escaped.insert(at, root);
  std::vector<SymId> contents;
  for (const Binding& binding : state.memory) {
    if (syms_.rootOf(binding.first) == root) contents.push_back(binding.second);
  }
  for (SymId content : contents) escape(content, state, depth + 1);
}

}  // namespace gridlock::link
