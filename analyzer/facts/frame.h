// The frame around the facts of one unit: magic, version, length and hash of the payload.
//
//   0   8  "GRLKFACT"
//   8   4  kFactsVersion, little-endian
//  12   4  zero
//  16   8  length of the payload
//  24   8  hash of the payload (hash.h)
//  32   …  payload
#pragma once

#include <cstddef>
#include <string_view>

namespace gridlock::facts {

// Where an ELF file carries facts: one frame after the other, as compilers wrote and linkers joined them.
inline constexpr std::string_view kSectionName = ".gridlock.facts";

inline constexpr std::string_view kFrameMagic = "GRLKFACT";
inline constexpr std::size_t kFrameVersion = 8;
inline constexpr std::size_t kFrameLength = 16;
inline constexpr std::size_t kFrameHash = 24;
inline constexpr std::size_t kFrameSize = 32;

}  // namespace gridlock::facts
