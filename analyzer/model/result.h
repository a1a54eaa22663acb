// Result<T>: a value, or an error that names the input and the place in it.
//
// Every reader and every stage of the analyzer returns one; only `cli` prints errors.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace gridlock {

// Why something could not be done. `file` and `place` are empty where there is none; `place` is a
// line, a byte offset or a JSON pointer, as text ("line 3", "offset 0x40", "/findings/0/rule").
struct Error {
  std::string message;
  std::string file = {};
  std::string place = {};

  // "FILE: PLACE: MESSAGE", without the parts that are empty.
  std::string text() const {
    std::string out;
    if (!file.empty()) out += file + ": ";
    if (!place.empty()) out += place + ": ";
    return out + message;
  }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return *get(); }
  const T& operator*() const { return *get(); }
  T* operator->() { return get(); }
  const T* operator->() const { return get(); }
  const Error& error() const {
    const Error* error = std::get_if<1>(&state_);
    assert(error && "error() of a Result that holds a value");
    return *error;
  }

 private:
  T* get() {
    T* value = std::get_if<0>(&state_);
    assert(value && "value of a Result that holds an error");
    return value;
  }
  const T* get() const { return const_cast<Result*>(this)->get(); }

  std::variant<T, Error> state_;
};

// For functions that only succeed or fail.
using Status = Result<std::monostate>;
inline Status ok() { return std::monostate{}; }

}  // namespace gridlock
