// libFuzzer: arbitrary bytes into the flight record reader. It must refuse or read them, never crash.
//
// Records are aligned to 64 bytes when they are mapped, so the input is copied to such a place, with
// nothing readable behind its end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "analyzer/observe/record_file.h"
#include "analyzer/observe/record_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::size_t rounded = (size + 63) / 64 * 64;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(64, rounded == 0 ? 64 : rounded));
  if (size > 0) std::memcpy(memory, data, size);
  auto file = gridlock::observe::RecordFile::over({memory, size}, "fuzz");
  if (file) (void)gridlock::observe::readRecords(std::vector<const gridlock::observe::RecordFile*>{&*file});
  std::free(memory);
  return 0;
}
