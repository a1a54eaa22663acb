// Ends the unwinder's walk at an address that lies in no loaded library: code that a program made, jumped to
// by mistake, or unloaded while it was still on the stack (a server that unloads its modules in an exit
// handler which one of them has called). libgcc's unwinder has no tables for it and would read the code
// there, to see whether it is a signal's trampoline; where nothing is mapped any more, that ends the program.
//
// The linker puts this in the place of _Unwind_Find_FDE (--wrap). It must not allocate or lock.

#include <dlfcn.h>

#include <cstdint>

namespace {

// What libgcc expects to be told beside the tables' entry.
struct Bases {
  void* text;
  void* data;
  void* function;
};

// A common entry and one for a function, as the DWARF standard (version 2 and later, section 6.4) and the ABI
// for x86-64 lay them out: registers as at the function's start, and no return address, which ends the walk.
struct [[gnu::packed]] Common {
  std::uint32_t length = sizeof(Common) - sizeof length;
  std::uint32_t id = 0;
  std::uint8_t version = 1;
  char augmentation[1] = {'\0'};
  std::uint8_t code_alignment = 1;
  std::uint8_t data_alignment = 0x78;  // -8
  std::uint8_t return_address = 16;
  std::uint8_t define_frame[3] = {0x0c, 7, 8};  // DW_CFA_def_cfa: rsp + 8
  std::uint8_t no_return[2] = {0x07, 16};       // DW_CFA_undefined: the return address
  std::uint8_t padding[6] = {};
};
struct [[gnu::packed]] Function {
  std::uint32_t length = sizeof(Function) - sizeof length;
  std::uint32_t common = sizeof(Common) + sizeof length;  // how far before this word it begins
  std::uint64_t begin = 0;
  std::uint64_t bytes = 0;
};
struct [[gnu::packed]] Tables {
  Common common;
  Function function;
  std::uint32_t end = 0;
};
const Tables outermost alignas(8);

}  // namespace

extern "C" {

const void* __real__Unwind_Find_FDE(void* pc, Bases* bases);

const void* __wrap__Unwind_Find_FDE(void* pc, Bases* bases) {
  if (const void* found = __real__Unwind_Find_FDE(pc, bases); found != nullptr) return found;
  dl_find_object library{};
  if (_dl_find_object(pc, &library) == 0) return nullptr;
  *bases = {nullptr, nullptr, pc};
  return &outermost.function;
}

}  // extern "C"
