// Facts to bytes: base-128 numbers, little-endian; an index is written plus one, so that "none" and
// small positions take a byte.
#include <bit>

#include "analyzer/facts/frame.h"
#include "analyzer/facts/hash.h"
#include "analyzer/facts/io.h"
#include "analyzer/facts/layout.h"

namespace gridlock::facts {
namespace {

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void number(std::uint32_t value) { varint(value); }
  void index(std::uint32_t value) { varint(static_cast<std::uint32_t>(value + 1)); }
  void wide(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    varint((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }
  void hash(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) out_.push_back(static_cast<char>(value >> shift));
  }
  void flag(bool value) { out_.push_back(value ? 1 : 0); }
  template <typename E>
  void choice(const E& value, E) {
    out_.push_back(static_cast<char>(value));
  }
  template <typename T, typename Each>
  void list(const std::vector<T>& elements, Each each) {
    varint(elements.size());
    for (const T& element : elements) each(*this, element);
  }
  void flags(const std::vector<bool>& elements) {
    varint(elements.size());
    for (const bool element : elements) flag(element);
  }
  void text(const std::string& value) {
    varint(value.size());
    out_ += value;
  }

 private:
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }

  std::string& out_;
};

}  // namespace

std::string writeUnit(const Unit& unit) {
  std::string out(kFrameSize, '\0');
  Writer payload(out);
  visit(payload, unit);

  const std::string_view body = std::string_view(out).substr(kFrameSize);
  std::string header;
  Writer frame(header);
  frame.hash(body.size());
  frame.hash(hashOf(body));
  out.replace(0, kFrameMagic.size(), kFrameMagic);
  for (int byte = 0; byte < 4; ++byte)
    out[kFrameVersion + byte] = static_cast<char>(kFactsVersion >> (8 * byte));
  out.replace(kFrameLength, header.size(), header);
  return out;
}

}  // namespace gridlock::facts
