// Stacks of a process that is read from outside, by the call frame information of its modules.
//
// A living thread shows its stack pointer and pc alone. What callees saved is found on the way; where the
// frame pointer is needed and nobody saved it, it is guessed: the lowest pair on the stack that looks like a
// saved frame pointer with a return address, and leads to another. Costs some 10 ms for a large module, once.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "analyzer/observe/process_image.h"

namespace gridlock::observe {

class Unwinder {
 public:
  explicit Unwinder(const ProcessImage& process);
  ~Unwinder();

  // The pc, then return addresses, innermost first. A pc in the innermost frame, and the one that a signal
  // interrupted, are no return addresses: they are given one higher, so that all can be read alike.
  std::vector<std::uint64_t> stack(const ImageThread& thread);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gridlock::observe
