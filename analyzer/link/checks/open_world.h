// What a library's own code shows of how it is meant to be called: who calls it is not known.
//
// Two calls on one object are taken to run in parallel only where the code says so: a lock that
// guards most of the accesses, and some write among them. What starts or ends an object, a unit or
// the library itself comes before or after all others.
#pragma once

#include "analyzer/link/check.h"

namespace gridlock::link {

// Whether an access belongs to what is called first or last: constructors and destructors, and
// functions that say in their name that they set up or tear down.
bool startsOrEnds(const World& world, const Access& access);

// Whether a lock and what it seems to guard belong together: members of one class, or declared in one
// file.
bool belongTogether(const World& world, PlaceId state, PlaceId lock);

}  // namespace gridlock::link
