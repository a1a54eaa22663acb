// Bytes to facts. Nothing is taken on trust: a count is believed only as far as bytes are left, an
// enumerator only when facts.h has it, an index only after validate.h has looked at it.
#include <algorithm>
#include <cstring>

#include "analyzer/facts/frame.h"
#include "analyzer/facts/hash.h"
#include "analyzer/facts/io.h"
#include "analyzer/facts/layout.h"
#include "analyzer/facts/validate.h"

namespace gridlock::facts {
namespace {

// After the first fault every member reads as zero and every list as empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  void number(std::uint32_t& value) { value = static_cast<std::uint32_t>(varint(0xffffffff)); }
  void index(std::uint32_t& value) { value = static_cast<std::uint32_t>(varint(0xffffffff) - 1); }
  void wide(std::int64_t& value) {
    const std::uint64_t bits = varint(~std::uint64_t{0});
    value = static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
  }
  void hash(std::uint64_t& value) {
    value = 0;
    if (left() < 8) return fail("a hash is cut off");
    for (int shift = 0; shift < 64; shift += 8) value |= static_cast<std::uint64_t>(byte()) << shift;
  }
  void flag(bool& value) {
    const unsigned char read = byte();
    if (read > 1) fail("a flag is neither 0 nor 1");
    value = read == 1;
  }
  template <typename E>
  void choice(E& value, E last) {
    const unsigned char read = byte();
    if (read > static_cast<unsigned char>(last)) return fail("an unknown enumerator");
    value = static_cast<E>(read);
  }
  template <typename T, typename Each>
  void list(std::vector<T>& elements, Each each) {
    // Every element takes at least a byte, so the count is bounded by what is there. Memory grows
    // with what was read, not with what was promised.
    const std::uint64_t count = this->count();
    elements.clear();
    elements.reserve(std::min<std::uint64_t>(count, 4096));
    for (std::uint64_t at = 0; at < count && !fault_; ++at) each(*this, elements.emplace_back());
  }
  void flags(std::vector<bool>& elements) {
    const std::uint64_t count = this->count();
    elements.clear();
    for (std::uint64_t at = 0; at < count && !fault_; ++at) {
      bool element = false;
      flag(element);
      elements.push_back(element);
    }
  }
  void text(std::string& value) {
    const std::uint64_t size = count();
    value.assign(bytes_.substr(at_, size));
    at_ += size;
  }

  const char* fault() const { return fault_; }
  std::size_t offset() const { return fault_ ? fault_at_ : at_; }
  std::size_t left() const { return bytes_.size() - at_; }

 private:
  void fail(const char* what) {
    if (fault_) return;
    fault_ = what;
    fault_at_ = at_;
    at_ = bytes_.size();
  }

  unsigned char byte() {
    if (at_ == bytes_.size()) {
      fail("cut off");
      return 0;
    }
    return static_cast<unsigned char>(bytes_[at_++]);
  }

  std::uint64_t varint(std::uint64_t most) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const unsigned char read = byte();
      if (shift == 63 && read > 1) break;
      value |= static_cast<std::uint64_t>(read & 0x7f) << shift;
      if (read < 0x80) {
        if (value > most) break;
        return value;
      }
    }
    fail("a number is too large");
    return 0;
  }

  std::uint64_t count() {
    const std::uint64_t value = varint(~std::uint64_t{0});
    if (value <= left()) return value;
    fail("a count exceeds what is left");
    return 0;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  const char* fault_ = nullptr;
  std::size_t fault_at_ = 0;
};

std::uint64_t littleEndian(std::string_view bytes, std::size_t at, int count) {
  std::uint64_t value = 0;
  for (int byte = 0; byte < count; ++byte)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + byte])) << (8 * byte);
  return value;
}

Error faultAt(std::string message, std::string_view name, std::size_t offset) {
  return {std::move(message), std::string(name), "offset " + std::to_string(offset)};
}

}  // namespace

Result<std::vector<Unit>> readUnits(std::span<const std::byte> input, std::string_view name) {
  const std::string_view bytes(reinterpret_cast<const char*>(input.data()), input.size());
  std::vector<Unit> units;
  std::size_t at = 0;
  while (true) {
    while (at < bytes.size() && bytes[at] == '\0') ++at;
    if (at == bytes.size()) break;
    const std::string_view rest = bytes.substr(at);
    if (!rest.starts_with(kFrameMagic)) return faultAt("these are no Gridlock facts", name, at);
    if (rest.size() < kFrameSize) return faultAt("the facts are cut off", name, at);
    const std::uint64_t version = littleEndian(rest, kFrameVersion, 4);
    if (version != kFactsVersion)
      return faultAt("facts of version " + std::to_string(version) + ", this gridlock reads version " +
                         std::to_string(kFactsVersion),
                     name, at);
    const std::uint64_t length = littleEndian(rest, kFrameLength, 8);
    if (length > rest.size() - kFrameSize) return faultAt("the facts are cut off", name, at);
    const std::string_view payload = rest.substr(kFrameSize, length);
    if (hashOf(payload) != littleEndian(rest, kFrameHash, 8))
      return faultAt("the facts are damaged", name, at);

    Reader reader(payload);
    Unit& unit = units.emplace_back();
    visit(reader, unit);
    const std::size_t payload_at = at + kFrameSize;
    if (reader.fault())
      return faultAt(std::string("malformed facts: ") + reader.fault(), name, payload_at + reader.offset());
    if (reader.left() != 0)
      return faultAt("malformed facts: bytes are left over", name, payload_at + reader.offset());
    if (std::optional<std::string> fault = findFault(unit))
      return faultAt("malformed facts: " + *fault, name, payload_at);
    at += kFrameSize + length;
  }
  if (units.empty()) return Error{"no facts in it", std::string(name)};
  return units;
}

}  // namespace gridlock::facts
