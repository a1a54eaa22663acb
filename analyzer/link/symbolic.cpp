// Builds and takes apart symbolic expressions.
#include "analyzer/link/symbolic.h"

#include <algorithm>

namespace gridlock::link {

namespace {

// Which of a and b are expressions.
bool firstIsSym(SymKind kind) {
  switch (kind) {
    case SymKind::Stale:
    case SymKind::Field:
    case SymKind::Element:
    case SymKind::Load:
    case SymKind::Arith:
    case SymKind::Compare:
    case SymKind::Not:
      return true;
    default:
      return false;
  }
}

bool secondIsSym(SymKind kind) {
  return kind == SymKind::Element || kind == SymKind::Arith || kind == SymKind::Compare ||
         kind == SymKind::Via;
}

constexpr unsigned kMaxDepth = 12;

}  // namespace

SymTable::SymTable(const Program& program) : program_(program) { syms_.reserve(1024); }

SymId SymTable::field(SymId base, Index field_id) {
  for (SymId at = base; syms_[at].kind == SymKind::Field && program_.fields[syms_[at].b].is_base;
       at = syms_[at].a) {
    if (program_.isFieldOfDerived(syms_[at].b, field_id)) return make(SymKind::Field, syms_[at].a, field_id);
  }
  return make(SymKind::Field, base, field_id);
}

SymId SymTable::make(SymKind kind, std::uint32_t a, std::uint32_t b, std::int64_t n) {
  Sym sym{kind, a, b, n};
  auto it = ids_.find(sym);
  if (it != ids_.end()) return it->second;
  std::uint8_t flags = 0;
  unsigned depth = 0;
  auto inherit = [&](SymId part) {
    if (part == kNoSym) return;
    flags |= flags_[part];
    depth = std::max<unsigned>(depth, depth_[part] + 1u);
  };
  if (firstIsSym(kind)) inherit(a);
  if (secondIsSym(kind)) inherit(b);
  // Recursion through lists and loops must end.
  if (depth > kMaxDepth) return make(SymKind::Unknown, a, 0, static_cast<std::int64_t>(kind));
  switch (kind) {
    case SymKind::Param:
      flags |= kHasParam | kRelative;
      break;
    case SymKind::ParamSlot:
    case SymKind::Local:
    case SymKind::Result:
    case SymKind::ResultSlot:
    case SymKind::Alloc:
    case SymKind::Phi:
    case SymKind::Unknown:
    case SymKind::Handle:
    case SymKind::Via:
      flags |= kRelative;
      flags &= static_cast<std::uint8_t>(~kHasParam);
      break;
    case SymKind::Stale:
      flags |= kHasStale | kRelative;
      break;
    case SymKind::Load:
      flags |= kHasLoad;
      break;
    default:
      break;
  }
  SymId id = static_cast<SymId>(syms_.size());
  syms_.push_back(sym);
  flags_.push_back(flags);
  depth_.push_back(static_cast<std::uint8_t>(depth));
  ids_.emplace(sym, id);
  return id;
}

SymId SymTable::negate(SymId value) {
  const Sym s = syms_[value];
  if (s.kind == SymKind::Const) return constant(s.n == 0);
  if (s.kind == SymKind::Not && syms_[s.a].kind == SymKind::Compare) return s.a;
  if (s.kind == SymKind::Compare) {
    using facts::CompareOp;
    CompareOp op = static_cast<CompareOp>(s.n);
    switch (op) {
      case CompareOp::Eq:
        op = CompareOp::Ne;
        break;
      case CompareOp::Ne:
        op = CompareOp::Eq;
        break;
      case CompareOp::Lt:
        op = CompareOp::Ge;
        break;
      case CompareOp::Le:
        op = CompareOp::Gt;
        break;
      case CompareOp::Gt:
        op = CompareOp::Le;
        break;
      case CompareOp::Ge:
        op = CompareOp::Lt;
        break;
    }
    return make(SymKind::Compare, s.a, s.b, static_cast<std::int64_t>(op));
  }
  return make(SymKind::Not, value);
}

bool isTrue(facts::CompareOp op, std::int64_t left, std::int64_t right) {
  using facts::CompareOp;
  switch (op) {
    case CompareOp::Eq:
      return left == right;
    case CompareOp::Ne:
      return left != right;
    case CompareOp::Lt:
      return left < right;
    case CompareOp::Le:
      return left <= right;
    case CompareOp::Gt:
      return left > right;
    case CompareOp::Ge:
      return left >= right;
  }
  return false;
}

SymId SymTable::compare(facts::CompareOp op, SymId left, SymId right) {
  using facts::CompareOp;
  const Sym l = syms_[left], r = syms_[right];
  if (l.kind == SymKind::Const && r.kind == SymKind::Const) {
    return constant(isTrue(op, l.n, r.n));
  }
  if (l.kind == SymKind::Const) {  // constants on the right
    switch (op) {
      case CompareOp::Lt:
        op = CompareOp::Gt;
        break;
      case CompareOp::Le:
        op = CompareOp::Ge;
        break;
      case CompareOp::Gt:
        op = CompareOp::Lt;
        break;
      case CompareOp::Ge:
        op = CompareOp::Le;
        break;
      default:
        break;
    }
    std::swap(left, right);
  }
  const Sym x = syms_[left], c = syms_[right];
  // A truth value compared with 0 or 1 is itself.
  if ((x.kind == SymKind::Compare || x.kind == SymKind::Not) && c.kind == SymKind::Const &&
      (op == CompareOp::Eq || op == CompareOp::Ne) && (c.n == 0 || c.n == 1)) {
    return ((op == CompareOp::Eq) == (c.n == 1)) ? left : negate(left);
  }
  return make(SymKind::Compare, left, right, static_cast<std::int64_t>(op));
}

bool SymTable::contains(SymId whole, SymId part) const {
  if (whole == part) return true;
  if (whole == kNoSym) return false;
  if (depth_[whole] < depth_[part]) return false;
  const Sym& s = syms_[whole];
  if (firstIsSym(s.kind) && contains(s.a, part)) return true;
  return secondIsSym(s.kind) && s.kind != SymKind::Via && contains(s.b, part);
}

SymId SymTable::rootOf(SymId address) const {
  while (syms_[address].kind == SymKind::Field || syms_[address].kind == SymKind::Element)
    address = syms_[address].a;
  return address;
}

SymId SymTable::replace(SymId whole, SymId from, SymId to) {
  if (whole == from) return to;
  if (whole == kNoSym || depth_[whole] < depth_[from]) return whole;
  const Sym s = syms_[whole];
  if (s.kind == SymKind::Via || s.kind == SymKind::Stale) return whole;
  SymId a = firstIsSym(s.kind) ? replace(s.a, from, to) : s.a;
  SymId b = secondIsSym(s.kind) ? replace(s.b, from, to) : s.b;
  if (a == s.a && b == s.b) return whole;
  if (s.kind == SymKind::Field) return field(a, s.b);
  return make(s.kind, a, b, s.n);
}

}  // namespace gridlock::link
