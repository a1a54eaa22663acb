// How the shim comes up and down: per process image, per forked child, at exit and on a deadlock.
#pragma once

#include <cstdint>

#include "runtime/core/record_file.h"

namespace gridlock::runtime {

// Set when nothing can be recorded; every hook then passes straight through.
extern bool passive;

// One acquisition of (sample_mask + 1) is timed.
extern std::uint64_t sample_mask __attribute__((visibility("hidden")));

// Makes the record when this image has none yet; in a forked child `parent` becomes the record of the
// parent, still mapped. False: stay passive.
bool startRecording(Record& parent);

// False in a forked child that has not made its record yet: the mapped one is the parent's.
bool recordIsOurs();

// Looks for deadlocks from within, when no launcher does so from outside. Called when the program makes
// a thread: before that, a second thread of ours would make every lock of the program dearer.
void startWatcher();
bool watcherRuns();

// Ends the process now, without the program's exit handlers.
[[noreturn]] void endProgram(int code, bool by_abort);
// The report of a program that was started directly and ends without exit handlers.
void reportAtQuickExit();
// As the option on_deadlock says; may return.
void endOnDeadlock();

// Resolves the real functions, chooses the session. Idempotent, callable before any constructor.
extern bool is_initialised __attribute__((visibility("hidden")));
void initialiseNow();
inline void initialise() {
  if (!is_initialised) [[unlikely]]
    initialiseNow();
}

// The program is about to forbid itself system calls: what the shim does in slow steps might end it. From now
// on nothing is recorded; what was, stays readable.
void stopRecording(const char* why);

// Whether an address lies in this library.
bool isOurs(std::uint64_t pc);

}  // namespace gridlock::runtime
