// One program: the units that a linker would put together, under common ids.
//
// Units keep their own vectors; a UnitMap translates a unit's index of a type,
// field, symbol or file to the program's. Types and fields are joined by name,
// symbols by name, and of equal definitions of one function the first is kept.
// Instructions are numbered through the whole program (`Gid`).
//
// The units must outlive the program. Immutable after construction, but for
// `fields` that models add.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/facts/facts.h"

namespace gridlock::link {

using facts::Index;
inline constexpr Index kNone = facts::kNoIndex;
using Gid = std::uint32_t;  // an instruction of the program

struct Place {  // in the source
  Index file = kNone;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool operator==(const Place&) const = default;
  auto operator<=>(const Place&) const = default;
};

struct TypeInfo {
  facts::TypeKind kind = facts::TypeKind::Other;
  std::uint32_t flags = 0;
  std::string_view name;
  std::string_view qualified;
  Index element = kNone;
  std::vector<Index> arguments;
  std::vector<Index> fields;
  std::string_view capability;
  bool scoped_capability = false;
};

struct FieldInfo {
  Index parent = kNone;
  std::string_view name;
  Index type = kNone;
  Place declared;
  bool is_base = false;
  bool is_bit_field = false;
  bool is_mutable = false;
};

struct SymbolInfo {
  facts::SymbolKind kind = facts::SymbolKind::Function;
  facts::Linkage linkage = facts::Linkage::External;
  std::uint32_t flags = 0;
  std::string_view name;
  std::string_view qualified;
  std::string_view display;
  Index type = kNone;
  Index parent = kNone;
  std::vector<Index> arguments;
  std::vector<Index> params;
  Place declared;
  Index function = kNone;  // its definition
  std::vector<Index> overrides;
  std::vector<Index> overridden_by;  // directly
  bool has(facts::SymbolFlag flag) const { return flags & flag; }
};

struct UnitMap {
  const facts::Unit* unit = nullptr;
  std::vector<Index> files, types, fields, symbols;
};

struct FunctionInfo {
  const UnitMap* map = nullptr;
  const facts::Function* body = nullptr;
  Index symbol = kNone;
  Gid first_gid = 0;
  bool method = false;  // argument 0 is `this`
};

// `ns::Class::name` without what stands before `name`.
inline std::string_view lastName(std::string_view qualified) {
  const std::size_t at = qualified.rfind("::");
  return at == std::string_view::npos ? qualified : qualified.substr(at + 2);
}

class Program {
 public:
  Program(std::string name, const std::vector<const facts::Unit*>& units);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string name;
  std::vector<std::string_view> files;
  std::vector<bool> system_files;
  std::vector<TypeInfo> types;
  std::vector<FieldInfo> fields;
  std::vector<SymbolInfo> symbols;
  std::vector<FunctionInfo> functions;
  std::vector<Index> static_initialisers;  // functions, run before main
  Index main_function = kNone;
  Gid gids = 0;

  Index functionOfGid(Gid gid) const;
  const facts::Instruction& instruction(Gid gid) const;
  Place placeOf(Gid gid) const;
  Place place(const UnitMap& map, facts::SiteId site) const;
  std::string_view string(const UnitMap& map, facts::StringId id) const { return map.unit->strings[id]; }
  std::string_view functionName(Index function) const;  // as a report names it

  // The type of a path in a unit, kNone where unknown.
  // Of what a call or `new` makes: of make_unique<T>() it is T.
  Index allocatedType(Gid gid) const;
  Index typeOf(const UnitMap& map, facts::TypeId id) const { return id == kNone ? kNone : map.types[id]; }
  // Through references and (when asked) qualifiers stay.
  const TypeInfo* typeInfo(Index type) const { return type == kNone ? nullptr : &types[type]; }

  // A field that models invent ("$mutex"), the same for every object.
  Index pseudoField(std::string_view name);
  bool isPseudo(Index field) const { return field >= first_pseudo_; }
  // Whether `field` belongs to the class that has the base sub-object `base`, as after a cast down to it.
  bool isFieldOfDerived(Index base, Index field) const {
    return !isPseudo(field) && fields[base].parent == fields[field].parent;
  }

  const std::vector<UnitMap>& maps() const { return maps_; }
  Index findSymbol(std::string_view name) const;
  // The call operator of a closure or functor type, kNone without a definition.
  Index callOperator(Index record_type) const;
  // A virtual function and all that override it, itself first.
  std::vector<Index> withOverriders(Index symbol) const;
  // Its destructor, kNone without a definition in the program.
  Index destructorOf(Index record_type) const;

 private:
  Index internType(UnitMap& map, facts::TypeId id);
  Index internField(UnitMap& map, facts::FieldId id);
  void internSymbols(UnitMap& map);
  void internFunctions(UnitMap& map);

  std::vector<UnitMap> maps_;
  std::unordered_map<std::string_view, Index> file_ids_;
  std::unordered_map<std::string, Index> type_ids_;
  std::unordered_map<std::string, Index> field_ids_;
  std::unordered_map<std::string_view, Index> symbol_ids_;
  std::unordered_map<std::string, Index> pseudo_ids_;
  std::unordered_map<Index, Index> call_operators_;
  std::unordered_map<std::string_view, Index> destructors_;  // by the name of the class
  std::vector<std::string> pseudo_names_;
  Index first_pseudo_ = kNone;
};

// How the units make programs: one per `main` (the closure of its references),
// and one, named "library", of the units that no main reaches.
struct ProgramUnits {
  std::string name;
  bool open = false;  // no main: entered through its interface
  std::vector<const facts::Unit*> units;
};
std::vector<ProgramUnits> splitPrograms(const std::vector<facts::Unit>& units);

}  // namespace gridlock::link
