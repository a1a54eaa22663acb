// Arbitrary bytes into the facts reader. The frame's hash would keep a fuzzer out, so the input is
// also tried as the payload of a frame that fits.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "analyzer/facts/dump.h"
#include "analyzer/facts/frame.h"
#include "analyzer/facts/hash.h"
#include "analyzer/facts/io.h"

namespace {

void tryBytes(std::string_view bytes) {
  const auto units = gridlock::facts::readUnits(std::as_bytes(std::span(bytes)), "fuzz");
  if (!units) return;
  for (const gridlock::facts::Unit& unit : *units) {
    gridlock::facts::dump(unit);
    // What was read is written and read again as the same.
    const std::string again = gridlock::facts::writeUnit(unit);
    const auto reread = gridlock::facts::readUnits(std::as_bytes(std::span(again)), "again");
    if (!reread || gridlock::facts::writeUnit((*reread)[0]) != again) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  tryBytes(input);
  std::string framed(gridlock::facts::kFrameMagic);
  framed += std::string("\0\0\0\0\0\0\0\0", 8);
  framed[gridlock::facts::kFrameVersion] = static_cast<char>(gridlock::facts::kFactsVersion);
  for (const std::uint64_t word : {static_cast<std::uint64_t>(size), gridlock::facts::hashOf(input)})
    for (int byte = 0; byte < 8; ++byte) framed.push_back(static_cast<char>(word >> (8 * byte)));
  framed += input;
  tryBytes(framed);
  return 0;
}
