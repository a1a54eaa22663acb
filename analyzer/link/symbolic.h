// Symbolic values and addresses: what the analysis of one function calls the
// things it touches.
//
// Hash-consed for the whole program: equal ids are equal expressions. Leaves
// are relative to a function (Param, Local, Result, …) and carry its
// instruction or index; a callee's leaf that is seen in its caller is wrapped
// in Via(call, leaf). Two equal expressions in one function, at one time,
// denote the same place: that is what makes `p->mu` guard `p->data`. `Stale`
// marks a leaf of an earlier loop iteration.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/link/program.h"

namespace gridlock::link {

using SymId = std::uint32_t;
inline constexpr SymId kNoSym = 0xffffffff;

enum class SymKind : std::uint8_t {
  Const,       // n
  Global,      // address of variable a
  Func,        // address of function symbol a
  Param,       // the value of argument a (0 is `this` of a method)
  ParamSlot,   // address of the parameter variable; a: function, b: argument
  Local,       // address of a local; a: function, b: local
  Result,      // what instruction a (Gid) returned
  ResultSlot,  // address of the temporary that holds it
  Alloc,       // address allocated by instruction a
  Phi,         // of variable b at block n of function a
  Unknown,     // a: Gid or so, n: which
  Handle,      // the thread started by instruction a
  Stale,       // a: a leaf, of an earlier iteration
  Via,         // b: a leaf of the callee of call a (Gid)
  Field,       // address of field b of the object at a
  Element,     // address of element b (SymId; kNoSym: any) of the array at a
  Load,        // the content of address a
  Arith,       // of a and b
  Compare,     // n: facts::CompareOp; a, b
  Not,         // a
};

struct Sym {
  SymKind kind = SymKind::Unknown;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::int64_t n = 0;
  bool operator==(const Sym&) const = default;
};

bool isTrue(facts::CompareOp op, std::int64_t left, std::int64_t right);

class SymTable {
 public:
  explicit SymTable(const Program& program);

  SymId make(SymKind kind, std::uint32_t a = 0, std::uint32_t b = 0, std::int64_t n = 0);
  SymId constant(std::int64_t n) { return make(SymKind::Const, 0, 0, n); }
  // A field of the object at `base`; of an object whose base class that is, where it is a field of a derived
  // class.
  SymId field(SymId base, Index field_id);
  SymId element(SymId base, SymId index) { return make(SymKind::Element, base, index); }
  SymId negate(SymId value);
  SymId compare(facts::CompareOp op, SymId left, SymId right);

  const Sym& operator[](SymId id) const { return syms_[id]; }
  std::size_t size() const { return syms_.size(); }

  // Some leaf below that is not the same in every function and call.
  bool relative(SymId id) const { return flags_[id] & kRelative; }
  bool hasParam(SymId id) const { return flags_[id] & kHasParam; }
  bool hasStale(SymId id) const { return flags_[id] & kHasStale; }
  bool hasLoad(SymId id) const { return flags_[id] & kHasLoad; }
  unsigned depth(SymId id) const { return depth_[id]; }

  // Whether `part` occurs in `whole`.
  bool contains(SymId whole, SymId part) const;
  // The object that an address lies in: Field and Element steps taken off.
  SymId rootOf(SymId address) const;
  // `whole` with each `from` replaced.
  SymId replace(SymId whole, SymId from, SymId to);

 private:
  const Program& program_;
  enum : std::uint8_t { kRelative = 1, kHasParam = 2, kHasStale = 4, kHasLoad = 8 };
  struct Hash {
    std::size_t operator()(const Sym& s) const {
      std::uint64_t h = static_cast<std::uint64_t>(s.kind) * 0x9e3779b97f4a7c15ull;
      h = (h ^ s.a) * 0xff51afd7ed558ccdull;
      h = (h ^ (h >> 29) ^ s.b) * 0xc4ceb9fe1a85ec53ull;
      h = (h ^ (h >> 32) ^ static_cast<std::uint64_t>(s.n)) * 0x9e3779b97f4a7c15ull;
      return h ^ (h >> 31);
    }
  };
  std::vector<Sym> syms_;
  std::vector<std::uint8_t> flags_;
  std::vector<std::uint8_t> depth_;
  std::unordered_map<Sym, SymId, Hash> ids_;
};

}  // namespace gridlock::link
