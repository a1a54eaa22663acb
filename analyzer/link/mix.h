// A hash of what has been hashed so far and one more number; for tables in memory, never stored.
#pragma once

#include <cstdint>

namespace gridlock::link {

inline std::uint64_t mix(std::uint64_t h, std::uint64_t value) {
  h ^= value + 0x9e3779b97f4a7c15ull + (h << 6) + (h >> 2);
  return h * 0xff51afd7ed558ccdull;
}

}  // namespace gridlock::link
