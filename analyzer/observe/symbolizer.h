// Addresses in ELF files to names and source lines, for code and for data.
//
// LLVM's symbolizer runs in this process; nothing is fetched from the network and no other program
// is started. Missing, stripped or damaged files give less, never an error: a place then has no
// file or no function. Answers are cached by module and address.
//
// All addresses are those of the ELF file (run-time address minus load bias). Files are named
// relative to `base` when they lie below it, absolutely otherwise. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridlock::observe {

// One source-level frame at an address: the innermost inlined function first, the function that
// holds the code last.
struct CodeFrame {
  std::string file;  // for people: relative to the base folder if it lies below
  std::string path;  // absolute; empty when not known
  int line = 0;
  int column = 0;
  std::string function;  // qualified, without parameters; empty when not known
};

struct CodePlace {
  std::vector<CodeFrame> frames;  // at least one
};

// A variable that owns a piece of static storage.
struct DataPlace {
  std::string name;      // "ns::var", "dir/file.c:var", "var.member", "table[]", "table[].mutex"
  std::string variable;  // the part of the name before any member or element
  std::string file;      // of the declaration, empty when not known
  int line = 0;
  bool single = true;  // one object: no element of an array
  bool exact = true;   // the name reaches to the address itself, else `offset` bytes remain
  std::uint64_t offset = 0;
};

// What an expression in the source names at some place in the code.
struct ExpressionName {
  enum class Kind { Member, Local, Parameter, Global };
  Kind kind = Kind::Local;
  std::string name;         // "ns::Class::member", "function()::local", "global"
  std::string type;         // short name of its class or typedef, pointers taken off
  int parameter = -1;       // position of the root if that is a parameter, `this` not counted
  bool from_this = false;   // the root is `this`
  bool thin_owner = false;  // a member of a class that only wraps it
  std::string file;         // of the declaration
  std::string path;         // the same, absolute
  int line = 0;
};

class Symbolizer {
 public:
  explicit Symbolizer(std::filesystem::path base = std::filesystem::current_path());
  ~Symbolizer();

  // The place of the instruction at `address`. For a return address pass the address minus one.
  // The reference stays valid as long as the symbolizer.
  const CodePlace& code(const std::string& module, std::uint64_t address);

  // The variable at `address`; none for addresses that no symbol covers.
  std::optional<DataPlace> data(const std::string& module, std::uint64_t address);

  // What `expression` ("q->mu", "mutex_", "stripes[i].m") means in frame `level` (0: innermost inlined)
  // of the code at `address`. None without debug information, or for what is more than a path.
  std::optional<ExpressionName> expression(const std::string& module, std::uint64_t address,
                                           std::size_t level, std::string_view expression);

  // Lines `first` … `last` of a source file, joined by line feeds; empty when it cannot be read.
  std::string sourceLines(const std::string& path, int first, int last);

  // A file name as reports show it.
  std::string shown(const std::string& path) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// "std::vector<int>::push_back(int&&)" from its mangled form, without parameters, return type and
// clone suffixes; what is not mangled comes back as it is.
std::string functionName(const std::string& linkage_name);

}  // namespace gridlock::observe
