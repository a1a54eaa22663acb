// Facts to bytes and back.
//
// The bytes are deterministic and independent of the machine. A reader takes nothing on trust: it
// checks version, lengths, every index and every enumerator, and names the file and the offset of
// what is wrong. Both functions are thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/facts.h"
#include "analyzer/model/result.h"

namespace gridlock::facts {

// One framed chunk: magic, version, length, hash, payload. Chunks can be concatenated, as a linker
// does with the sections of object files.
std::string writeUnit(const Unit& unit);

// Reads all chunks in `bytes`; padding zeros between chunks are skipped. `name` is used in errors.
Result<std::vector<Unit>> readUnits(std::span<const std::byte> bytes, std::string_view name);

}  // namespace gridlock::facts
