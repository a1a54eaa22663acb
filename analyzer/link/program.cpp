// Joins units under common ids, and finds which units make a program.
#include "analyzer/link/program.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace gridlock::link {

using facts::kNoIndex;

namespace {

template <typename T>
void appendBits(std::string& key, T value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

Program::Program(std::string program_name, const std::vector<const facts::Unit*>& units)
    : name(std::move(program_name)) {
  maps_.resize(units.size());
  pseudo_names_.reserve(4096);  // views into the strings must stay
  for (std::size_t i = 0; i < units.size(); ++i) {
    const facts::Unit& unit = *units[i];
    UnitMap& map = maps_[i];
    map.unit = &unit;
    for (const facts::File& file : unit.files) {
      std::string_view path = unit.strings[file.path];
      auto [it, fresh] = file_ids_.try_emplace(path, static_cast<Index>(files.size()));
      if (fresh) {
        files.push_back(path);
        system_files.push_back(file.system);
      }
      map.files.push_back(it->second);
    }
    map.types.assign(unit.types.size(), kNone);
    map.fields.assign(unit.fields.size(), kNone);
    for (Index t = 0; t < unit.types.size(); ++t) internType(map, t);
    for (Index f = 0; f < unit.fields.size(); ++f) internField(map, f);
    internSymbols(map);
    internFunctions(map);
  }
  first_pseudo_ = static_cast<Index>(fields.size());
  for (Index s = 0; s < symbols.size(); ++s) {
    for (Index base : symbols[s].overrides) symbols[base].overridden_by.push_back(s);
  }
}

Index Program::internType(UnitMap& map, facts::TypeId id) {
  if (id == kNoIndex) return kNone;
  if (map.types[id] != kNone) return map.types[id];
  const facts::Type& type = map.unit->types[id];
  std::string key;
  std::string_view type_name = map.unit->strings[type.name];
  appendBits(key, type.kind);
  appendBits(key, type.flags & (facts::kTypeConst | facts::kTypeVolatile));
  key += type_name;
  if (type.kind != facts::TypeKind::Record || type_name.empty()) {
    // The chain of elements is not cyclic but through records.
    if (type.kind == facts::TypeKind::Record) {
      appendBits(key, &map);
      appendBits(key, id);
    } else {
      appendBits(key, internType(map, type.element));
    }
  }
  auto [it, fresh] = type_ids_.try_emplace(std::move(key), static_cast<Index>(types.size()));
  Index mine = it->second;
  map.types[id] = mine;
  if (fresh) {
    types.emplace_back();
    types[mine].kind = type.kind;
    types[mine].flags = type.flags;
    types[mine].name = type_name;
    types[mine].qualified = map.unit->strings[type.qualified];
    types[mine].capability = map.unit->strings[type.capability];
    types[mine].scoped_capability = type.scoped_capability;
    Index element = internType(map, type.element);
    types[mine].element = element;
    for (facts::TypeId argument : type.arguments) {
      Index a = internType(map, argument);
      types[mine].arguments.push_back(a);
    }
  }
  if (types[mine].fields.empty() && !type.fields.empty()) {
    std::vector<Index> mapped;
    for (facts::FieldId field : type.fields) mapped.push_back(internField(map, field));
    types[mine].fields = std::move(mapped);
  }
  return mine;
}

Index Program::internField(UnitMap& map, facts::FieldId id) {
  if (id == kNoIndex) return kNone;
  if (map.fields[id] != kNone) return map.fields[id];
  const facts::Field& field = map.unit->fields[id];
  // Qualified variants of a record have the fields of the plain one: the name
  // is the identity.
  std::string key;
  std::string_view parent_name;
  if (field.parent != kNoIndex) parent_name = map.unit->strings[map.unit->types[field.parent].name];
  std::string_view field_name = map.unit->strings[field.name];
  key += parent_name;
  key += '\0';
  key += field_name;
  if (parent_name.empty() || field_name.empty()) {
    // Unnamed records and fields: by position, within the unit.
    if (parent_name.empty()) appendBits(key, &map);
    if (parent_name.empty()) appendBits(key, field.parent);
    Index position = 0;
    if (field.parent != kNoIndex) {
      const auto& siblings = map.unit->types[field.parent].fields;
      position = static_cast<Index>(std::find(siblings.begin(), siblings.end(), id) - siblings.begin());
    }
    appendBits(key, position);
  }
  auto [it, fresh] = field_ids_.try_emplace(std::move(key), static_cast<Index>(fields.size()));
  Index mine = it->second;
  map.fields[id] = mine;
  if (fresh) {
    fields.emplace_back();
    fields[mine].name = field_name;
    fields[mine].declared = place(map, field.declared);
    fields[mine].is_base = field.is_base;
    fields[mine].is_bit_field = field.is_bit_field;
    fields[mine].is_mutable = field.is_mutable;
    Index parent = internType(map, field.parent);
    fields[mine].parent = parent;
    Index type = internType(map, field.type);
    fields[mine].type = type;
  }
  return mine;
}

void Program::internSymbols(UnitMap& map) {
  const facts::Unit& unit = *map.unit;
  for (const facts::Symbol& symbol : unit.symbols) {
    std::string_view symbol_name = unit.strings[symbol.name];
    auto [it, fresh] = symbol_ids_.try_emplace(symbol_name, static_cast<Index>(symbols.size()));
    Index mine = it->second;
    map.symbols.push_back(mine);
    if (fresh) symbols.emplace_back();
    SymbolInfo& info = symbols[mine];
    bool better = fresh || (!(info.flags & facts::kSymbolDefined) && (symbol.flags & facts::kSymbolDefined));
    if (better) {
      info.kind = symbol.kind;
      info.linkage = symbol.linkage;
      info.name = symbol_name;
      info.qualified = unit.strings[symbol.qualified];
      info.display = unit.strings[symbol.display];
      info.declared = place(map, symbol.declared);
      info.type = typeOf(map, symbol.type);
      info.parent = typeOf(map, symbol.parent);
      info.arguments.clear();
      for (facts::TypeId t : symbol.arguments) info.arguments.push_back(typeOf(map, t));
      info.params.clear();
      for (facts::TypeId t : symbol.params) info.params.push_back(typeOf(map, t));
    }
    info.flags |= symbol.flags;
  }
  for (std::size_t i = 0; i < unit.symbols.size(); ++i) {
    SymbolInfo& info = symbols[map.symbols[i]];
    for (facts::SymbolId base : unit.symbols[i].overrides) {
      Index b = map.symbols[base];
      if (std::find(info.overrides.begin(), info.overrides.end(), b) == info.overrides.end())
        info.overrides.push_back(b);
    }
  }
}

void Program::internFunctions(UnitMap& map) {
  const facts::Unit& unit = *map.unit;
  for (Index f = 0; f < unit.functions.size(); ++f) {
    const facts::Function& body = unit.functions[f];
    bool initialiser = f == unit.static_initialisers;
    if ((body.flags & facts::kFunctionHasErrors) || body.blocks.empty()) continue;
    Index symbol = body.symbol == kNoIndex ? kNone : map.symbols[body.symbol];
    if (!initialiser && symbol != kNone && symbols[symbol].function != kNone) continue;
    FunctionInfo info;
    info.map = &map;
    info.body = &body;
    info.symbol = symbol;
    info.first_gid = gids;
    info.method = symbol != kNone && symbols[symbol].has(facts::kSymbolMethod) &&
                  !symbols[symbol].has(facts::kSymbolStaticMethod);
    gids += static_cast<Gid>(body.instructions.size());
    Index mine = static_cast<Index>(functions.size());
    functions.push_back(info);
    if (initialiser) {
      static_initialisers.push_back(mine);
      continue;
    }
    if (symbol == kNone) continue;
    symbols[symbol].function = mine;
    if (symbols[symbol].qualified == "main") main_function = mine;
    if (body.closure != kNoIndex) call_operators_.try_emplace(typeOf(map, body.closure), mine);
    if (symbols[symbol].parent != kNone && symbols[symbol].qualified.ends_with("operator()"))
      call_operators_.try_emplace(symbols[symbol].parent, mine);
    if (symbols[symbol].parent != kNone && symbols[symbol].has(facts::kSymbolDestructor))
      destructors_.try_emplace(types[symbols[symbol].parent].name, mine);
  }
}

Index Program::functionOfGid(Gid gid) const {
  auto it = std::upper_bound(functions.begin(), functions.end(), gid,
                             [](Gid g, const FunctionInfo& f) { return g < f.first_gid; });
  return static_cast<Index>(it - functions.begin() - 1);
}

const facts::Instruction& Program::instruction(Gid gid) const {
  const FunctionInfo& f = functions[functionOfGid(gid)];
  return f.body->instructions[gid - f.first_gid];
}

Place Program::placeOf(Gid gid) const {
  const FunctionInfo& f = functions[functionOfGid(gid)];
  return place(*f.map, f.body->instructions[gid - f.first_gid].site);
}

Place Program::place(const UnitMap& map, facts::SiteId site) const {
  if (site == kNoIndex) return {};
  const facts::Site& s = map.unit->sites[site];
  return {s.file == kNoIndex ? kNone : map.files[s.file], s.line, s.column};
}

std::string_view Program::functionName(Index function) const {
  Index symbol = functions[function].symbol;
  if (symbol == kNone) return "static initialisation";
  const SymbolInfo& info = symbols[symbol];
  return info.display.empty() ? info.qualified : info.display;
}

Index Program::pseudoField(std::string_view field_name) {
  auto [it, fresh] = pseudo_ids_.try_emplace(std::string(field_name), static_cast<Index>(fields.size()));
  if (fresh) {
    pseudo_names_.emplace_back(field_name);
    fields.emplace_back();
    fields.back().name = it->first;
  }
  return it->second;
}

Index Program::findSymbol(std::string_view symbol_name) const {
  auto it = symbol_ids_.find(symbol_name);
  return it == symbol_ids_.end() ? kNone : it->second;
}

Index Program::callOperator(Index record_type) const {
  auto it = call_operators_.find(record_type);
  if (it != call_operators_.end()) return it->second;
  // A qualified variant of the record.
  const TypeInfo* info = typeInfo(record_type);
  if (!info || info->name.empty()) return kNone;
  for (const auto& [type, function] : call_operators_) {
    if (types[type].name == info->name) return function;
  }
  return kNone;
}

Index Program::destructorOf(Index record_type) const {
  const TypeInfo* info = typeInfo(record_type);
  if (!info) return kNone;
  auto it = destructors_.find(info->name);
  return it == destructors_.end() ? kNone : it->second;
}

std::vector<ProgramUnits> splitPrograms(const std::vector<facts::Unit>& units) {
  std::unordered_map<std::string_view, std::vector<std::size_t>> definers;  // external symbols
  std::vector<std::size_t> mains;
  for (std::size_t u = 0; u < units.size(); ++u) {
    const facts::Unit& unit = units[u];
    bool has_main = false;
    for (const facts::Symbol& symbol : unit.symbols) {
      if (!(symbol.flags & facts::kSymbolDefined) || symbol.linkage == facts::Linkage::Internal) continue;
      if (symbol.kind == facts::SymbolKind::Function && unit.strings[symbol.qualified] == "main")
        has_main = true;
      else
        definers[unit.strings[symbol.name]].push_back(u);
    }
    if (has_main) mains.push_back(u);
  }
  std::vector<ProgramUnits> out;
  std::vector<bool> used(units.size(), false);
  std::unordered_set<std::size_t> main_set(mains.begin(), mains.end());
  for (std::size_t root : mains) {
    ProgramUnits program;
    program.name = units[root].strings[units[root].main_file];
    std::vector<bool> taken(units.size(), false);
    std::vector<std::size_t> queue{root};
    taken[root] = true;
    for (std::size_t i = 0; i < queue.size(); ++i) {
      const facts::Unit& unit = units[queue[i]];
      for (const facts::Symbol& symbol : unit.symbols) {
        if ((symbol.flags & facts::kSymbolDefined) || symbol.linkage != facts::Linkage::External) continue;
        auto it = definers.find(unit.strings[symbol.name]);
        if (it == definers.end()) continue;
        bool have =
            std::any_of(it->second.begin(), it->second.end(), [&](std::size_t u) { return taken[u]; });
        if (have) continue;
        for (std::size_t u : it->second) {
          if (main_set.count(u) && it->second.size() > 1) continue;
          taken[u] = true;
          queue.push_back(u);
          break;
        }
      }
    }
    // Units that only register themselves (no symbol is asked for) belong to
    // the only program.
    if (mains.size() == 1) {
      for (std::size_t u = 0; u < units.size(); ++u) {
        if (!taken[u]) queue.push_back(u);
      }
    }
    std::sort(queue.begin(), queue.end());
    for (std::size_t u : queue) {
      program.units.push_back(&units[u]);
      used[u] = true;
    }
    out.push_back(std::move(program));
  }
  ProgramUnits library;
  library.name = "library";
  library.open = true;
  for (std::size_t u = 0; u < units.size(); ++u) {
    if (!used[u]) library.units.push_back(&units[u]);
  }
  if (!library.units.empty()) out.push_back(std::move(library));
  return out;
}

std::vector<Index> Program::withOverriders(Index symbol) const {
  std::vector<Index> out, work{symbol};
  std::set<Index> seen;
  while (!work.empty()) {
    const Index s = work.back();
    work.pop_back();
    if (!seen.insert(s).second) continue;
    out.push_back(s);
    for (Index o : symbols[s].overridden_by) work.push_back(o);
  }
  return out;
}

Index Program::allocatedType(Gid gid) const {
  const facts::Instruction& in = instruction(gid);
  const FunctionInfo& f = functions[functionOfGid(gid)];
  if (in.kind == facts::InstructionKind::Call && in.callee != kNone) {
    const facts::Value& callee = f.map->unit->values[in.callee];
    if (callee.kind == facts::ValueKind::Function) {
      const SymbolInfo& symbol = symbols[f.map->symbols[callee.index]];
      const bool makes = symbol.qualified.starts_with("std::make_") && !symbol.arguments.empty();
      const TypeInfo* made = makes ? typeInfo(symbol.arguments[0]) : nullptr;
      if (made) return made->kind == facts::TypeKind::Array ? made->element : symbol.arguments[0];
    }
  }
  return typeOf(*f.map, in.type);
}

}  // namespace gridlock::link
