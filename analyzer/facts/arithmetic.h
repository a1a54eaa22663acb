// Which operation an Arithmetic value is: its `number`. Others are told apart by their numbers only.
//
// The numbers are the compiler's own; extract checks that they agree.
#pragma once

#include <cstdint>

namespace gridlock::facts {

enum class Arithmetic : std::int64_t {
  Offset = 0,  // a pointer moved by elements
  Multiply = 2,
  Divide = 3,
  Remainder = 4,
  Add = 5,
  Subtract = 6,
};

}  // namespace gridlock::facts
