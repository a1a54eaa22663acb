// Arbitrary bytes as a program, an object or an archive that carries facts.
#include <cstdint>
#include <string_view>

#include "analyzer/facts/object_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gridlock::facts;
  const gridlock::Result<ObjectFile> file =
      readObjectFile(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!file) return 0;
  std::vector<Unit> units;
  std::vector<gridlock::Error> errors;
  for (const FactsSection& section : file->sections) readChunks(section, units, errors);
  return 0;
}
