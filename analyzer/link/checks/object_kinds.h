// Whether two accesses that seem to meet in one object rather mean two objects of different kinds.
//
// Memory whose type no declaration says (what an allocator gave) may stand for several objects that
// could not be told apart. Where one side touches it as a number or a pointer, and the other as the field of
// a structure, it is no one object: C's and C++'s rules of aliasing forbid that, but for bytes.
#pragma once

#include "analyzer/link/world.h"

namespace gridlock::link {

enum class Kinds : std::uint8_t {
  Alike,      // nothing speaks against one object
  Bytes,      // one side touches single bytes: of this structure, or of a text
  Different,  // a structure's field, and a number or pointer that is none
};

Kinds kindsOf(const World& world, const Access& a, const Access& b);

}  // namespace gridlock::link
