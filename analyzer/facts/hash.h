// A fast 64-bit hash for content: files, function bodies, chunks of facts.
//
// Not for adversaries: a forged collision can make a cache wrong, nothing worse. The same bytes give
// the same hash on every machine (words are read little-endian), so hashes may be stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gridlock::facts {

class Hasher {
 public:
  void add(std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9e3779b97f4a7c15ull;
    state_ ^= state_ >> 29;
  }

  // The length is part of it, so that ("ab", "c") and ("a", "bc") differ.
  void add(std::string_view bytes) {
    add(static_cast<std::uint64_t>(bytes.size()));
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) add(word(bytes.data() + at, 8));
    if (at < bytes.size()) add(word(bytes.data() + at, bytes.size() - at));
  }

  std::uint64_t value() const {
    std::uint64_t out = state_;
    out ^= out >> 32;
    out *= 0xd6e8feb86659fd93ull;
    out ^= out >> 32;
    return out;
  }

 private:
  static std::uint64_t word(const char* bytes, std::size_t count) {
    std::uint64_t out = 0;
    for (std::size_t at = 0; at < count; ++at)
      out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at])) << (8 * at);
    return out;
  }

  std::uint64_t state_ = 0x2545f4914f6cdd1dull;
};

inline std::uint64_t hashOf(std::string_view bytes) {
  Hasher hasher;
  hasher.add(bytes);
  return hasher.value();
}

}  // namespace gridlock::facts
