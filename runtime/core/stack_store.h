// Stacks: unwinding, and their storage as a tree of frames that share common outer parts.
//
// Cost: a look into a cache (tens of ns); a miss unwinds (microseconds). The cache is keyed by place and
// lock: a place is the call site and the depth of the stack, or, where the site lies in a
// function that keeps frame pointers (unoptimised code, where every lock is taken inside the same few
// wrappers of the standard library) or in a wrapper (core/wrappers.h), the next return addresses too.
//
// Unwinding takes no lock and allocates nothing: libgcc's unwinder, linked in statically, finds its
// tables with _dl_find_object.
#pragma once

#include <cstdint>

#include "runtime/core/thread_state.h"

namespace gridlock::runtime {

struct Stack {
  Index index;
  bool exact;  // unwound for this very event
};

struct Place {
  std::uint64_t key;  // same place, same key, in all threads
  bool deep;          // the site's function keeps frame pointers: the key holds outer addresses too
};

// `frame` is the hook's own frame; the stack begins with its caller.
Place placeOf(Thread& thread, const Frame* frame);
Stack stackAt(Thread& thread, const Frame* frame, Place place, Index lock);

// Calls that lie in a wrapper (core/wrappers.h). False where the caller keeps frame pointers.
bool isWrapper(std::uint64_t pc);
bool makeWrapper(std::uint64_t pc);

// Always unwinds.
Index captureStack(const Frame* frame);

// Of a thread that is about to sleep. Waits often lie deep within libraries, where the place does not tell
// the callers apart: this stack is the true one. Unwound once, then known again by the return addresses that
// still stand where they stood.
Stack stackOfWait(Thread& thread, const Frame* frame);

// In an exit handler: whether main returned, as opposed to a call of exit() by the program.
bool mainReturned();

void stacksAfterFork();
void warmUpUnwinder();

// Marks modules that are no longer loaded; called after a dlclose.
void noticeUnloads();

}  // namespace gridlock::runtime
