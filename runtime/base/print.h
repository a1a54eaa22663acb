// A line of text on the stack, written with one system call: no stdio, no malloc, no locale.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/base/sys.h"

namespace gridlock::runtime {

class Line {
 public:
  Line& operator<<(const char* text) {
    while (text != nullptr && *text != '\0') put(*text++);
    return *this;
  }
  Line& operator<<(std::uint64_t number) {
    char digits[20];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    while (count > 0) put(digits[--count]);
    return *this;
  }
  Line& operator<<(std::uint32_t number) { return *this << std::uint64_t{number}; }
  Line& hex(std::uint64_t number) {
    *this << "0x";
    int shift = 60;
    while (shift > 0 && (number >> shift) == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) put("0123456789abcdef"[(number >> shift) & 15]);
    return *this;
  }
  Line& put(char c) {
    if (length_ + 1 < sizeof(text_)) text_[length_++] = c;
    return *this;
  }
  const char* text() {
    text_[length_] = '\0';
    return text_;
  }
  std::size_t length() const { return length_; }
  void clear() { length_ = 0; }

  void writeTo(int fd) {
    put('\n');
    sys::write(fd, text_, length_);
  }

 private:
  char text_[1024];
  std::size_t length_ = 0;
};

}  // namespace gridlock::runtime
