// libFuzzer: arbitrary bytes as a core file. It must be refused or read, never crash; files that it names are
// not opened.
#include <cstddef>
#include <cstdint>
#include <span>

#include "analyzer/observe/outside_waits.h"
#include "analyzer/observe/process_image.h"
#include "analyzer/observe/unwinder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto core =
      gridlock::observe::readCoreBytes({reinterpret_cast<const std::byte*>(data), size}, "fuzz", false);
  if (!core) return 0;
  gridlock::observe::Unwinder unwinder(**core);
  std::size_t left = 16;
  for (const gridlock::observe::ImageThread& thread : (*core)->threads) {
    if (left-- == 0) break;
    (void)unwinder.stack(thread);
    (void)gridlock::observe::futexWait(**core, thread, {});
  }
  return 0;
}
