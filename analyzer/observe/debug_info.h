// Questions about types and variables that only full debug information (DWARF) answers.
//
// The symbolizer uses it to name locks: which member of which variable lies at an address, and what
// an expression of the source names at a place in the code. One object per ELF file; everything is
// parsed when first asked for. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gridlock::observe {

struct VariablePath {
  std::string name;  // qualified name of the variable
  std::string path;  // ".member[].mutex", empty for the variable itself
  std::string file;  // of the variable's declaration, absolute
  int line = 0;
  bool single = true;
  std::uint64_t rest = 0;  // bytes left below what the path reaches
};

struct NamedExpression {
  enum class Kind { Member, Local, Parameter, Global };
  enum class Root { This, Local, Parameter, Global };
  Kind kind = Kind::Local;
  Root root = Root::Local;
  std::string owner;        // qualified class, or function
  std::string member;       // last member or variable
  std::string type;         // of the expression: short name of its class or typedef, pointers taken off
  int parameter = -1;       // position of the root, if it is a parameter; `this` is not counted
  bool thin_owner = false;  // the class holds little beside that member: it wraps a lock
  std::string file;         // of the declaration, absolute
  int line = 0;
};

class DebugInfo {
 public:
  // nullptr when the file cannot be read or carries no debug information.
  static std::unique_ptr<DebugInfo> open(const std::string& path);
  ~DebugInfo();

  // `start` is where the symbol at that address begins.
  std::optional<VariablePath> variableAt(std::uint64_t address, std::uint64_t start);
  std::optional<NamedExpression> expressionAt(std::uint64_t address, std::size_t level,
                                              std::string_view expression);

 private:
  struct Parts;
  explicit DebugInfo(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gridlock::observe
