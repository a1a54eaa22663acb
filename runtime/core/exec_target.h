// What becomes of LD_PRELOAD when the program starts another one.
//
// The loader of a 32-bit program complains aloud about a 64-bit library; a program built by gcc with
// AddressSanitizer refuses to run unless libasan comes first. So the environment is changed for such targets,
// and only there. Programs that cannot be covered at all (static ones, those with rights of their own, an
// environment without the shim) are noted for the report, in the file `not-covered` of the session's folder.
//
// Runs between vfork and exec, too, in the parent's memory: it keeps everything on the stack of its caller
// and writes to nothing else.
#pragma once

#include <cstddef>

namespace gridlock::runtime {

inline constexpr std::size_t kPreloadRoom = 2048;
inline constexpr const char* kNotCoveredFile = "not-covered";

struct ExecTarget {
  const char* why_not = nullptr;  // it cannot be covered, in words; the shim is to be left out
  char asan[64] = {};             // the AddressSanitizer library that must come first; empty: none
};

// Reads the head of an ELF file, or of the interpreter that a script names. A file that cannot be read, or is
// none of both, is an ordinary target.
ExecTarget lookAtTarget(const char* path);
// As execvp looks for it. False when there is none, or no room.
bool findOnPath(const char* file, char* path, std::size_t room);

// The new value of LD_PRELOAD for the target, with its name, into `to`. False when the old one will do; empty
// when it is to go. `shim_given` says whether the old one names the shim.
bool preloadFor(const ExecTarget& target, char* const* variables, char (&to)[kPreloadRoom], bool& shim_given);

void noteNotCovered(const char* path, const char* why);

}  // namespace gridlock::runtime
