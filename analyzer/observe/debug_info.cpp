// See debug_info.h. Debug information is as untrusted as the file it comes from: every walk through
// types and scopes is bounded, since references between entries can form cycles.
#include "analyzer/observe/debug_info.h"

#include <llvm/DebugInfo/DWARF/DWARFCompileUnit.h>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/DebugInfo/DWARF/DWARFDie.h>
#include <llvm/DebugInfo/DWARF/DWARFUnit.h>
#include <llvm/Object/Binary.h>
#include <llvm/Object/ObjectFile.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace gridlock::observe {
namespace {

using llvm::DWARFDie;
namespace dwarf = llvm::dwarf;

constexpr int kMostSteps = 64;                           // types behind types, scopes in scopes
constexpr std::uint64_t kMostDebugBytes = 512ull << 20;  // beyond, parsing costs more than names are worth

std::string shortName(DWARFDie die) {
  const char* name = die.isValid() ? die.getName(llvm::DINameKind::ShortName) : nullptr;
  return name ? name : "";
}

DWARFDie typeOf(DWARFDie die) {
  if (!die.isValid()) return {};
  const auto value = die.findRecursively(dwarf::DW_AT_type);
  if (!value) return {};
  DWARFDie type = die.getAttributeValueAsReferencedDie(*value);
  return type.isValid() ? type.resolveTypeUnitReference() : type;
}

bool isRecord(DWARFDie die) {
  return die.isValid() &&
         (die.getTag() == dwarf::DW_TAG_structure_type || die.getTag() == dwarf::DW_TAG_class_type ||
          die.getTag() == dwarf::DW_TAG_union_type);
}

bool isPointer(DWARFDie die) {
  return die.isValid() &&
         (die.getTag() == dwarf::DW_TAG_pointer_type || die.getTag() == dwarf::DW_TAG_reference_type ||
          die.getTag() == dwarf::DW_TAG_rvalue_reference_type);
}

// Types of locks, as their typedef or class is called: naming stops there, so that a lock never
// becomes "m.__data.__lock" or "m._M_mutex".
bool isLockTypeName(const std::string& name) {
  static constexpr std::array kNames{"pthread_mutex_t",
                                     "pthread_rwlock_t",
                                     "pthread_spinlock_t",
                                     "pthread_cond_t",
                                     "pthread_barrier_t",
                                     "pthread_once_t",
                                     "sem_t",
                                     "mtx_t",
                                     "cnd_t",
                                     "once_flag",
                                     "FILE",
                                     "__pthread_mutex_s"};
  return std::ranges::find(kNames, name) != kNames.end();
}

bool inNamespaceStd(DWARFDie die) {
  for (int i = 0; i < kMostSteps && die.isValid(); ++i) {
    if (die.getTag() == dwarf::DW_TAG_namespace && shortName(die) == "std") return true;
    die = die.getParent();
  }
  return false;
}

// A type without typedefs and qualifiers; the name of the outermost typedef is kept for records
// that have none themselves.
struct BareType {
  DWARFDie die;
  std::string alias;
  bool lock = false;
};

BareType bare(DWARFDie type) {
  BareType out{type, {}, false};
  for (int i = 0; i < kMostSteps && out.die.isValid(); ++i) {
    switch (out.die.getTag()) {
      case dwarf::DW_TAG_typedef:
        if (isLockTypeName(shortName(out.die))) out.lock = true;
        if (out.alias.empty()) out.alias = shortName(out.die);
        [[fallthrough]];
      case dwarf::DW_TAG_const_type:
      case dwarf::DW_TAG_volatile_type:
      case dwarf::DW_TAG_restrict_type:
      case dwarf::DW_TAG_atomic_type:
        out.die = typeOf(out.die);
        break;
      default:
        if (isRecord(out.die)) {
          const std::string name = shortName(out.die);
          static constexpr std::array kMutexes{
              "mutex",        "recursive_mutex",    "timed_mutex",        "recursive_timed_mutex",
              "shared_mutex", "shared_timed_mutex", "condition_variable", "condition_variable_any"};
          if (std::ranges::find(kMutexes, name) != kMutexes.end() && inNamespaceStd(out.die)) out.lock = true;
        }
        return out;
    }
  }
  return out;
}

BareType pointee(DWARFDie type) {
  BareType out = bare(type);
  for (int i = 0; i < kMostSteps && isPointer(out.die); ++i) out = bare(typeOf(out.die));
  return out;
}

// A declaration stands for its definition, which carries the members.
DWARFDie definitionOf(DWARFDie record) {
  if (!record.isValid() || !record.find(dwarf::DW_AT_declaration)) return record;
  const std::string name = shortName(record);
  DWARFDie parent = record.getParent();
  if (!parent.isValid() || name.empty()) return record;
  for (DWARFDie sibling : parent.children()) {
    if (isRecord(sibling) && !sibling.find(dwarf::DW_AT_declaration) && shortName(sibling) == name)
      return sibling;
  }
  return record;
}

// "ns::Outer::Inner" for a namespace member, class or function.
std::string qualifiedName(DWARFDie die, const std::string& alias = {}) {
  if (const auto specification = die.getAttributeValueAsReferencedDie(dwarf::DW_AT_specification))
    die = specification;
  if (const auto origin = die.getAttributeValueAsReferencedDie(dwarf::DW_AT_abstract_origin)) die = origin;
  if (const auto specification = die.getAttributeValueAsReferencedDie(dwarf::DW_AT_specification))
    die = specification;
  std::string out = shortName(die);
  if (out.empty()) out = alias;
  if (out.empty()) return out;
  DWARFDie scope = die.getParent();
  for (int i = 0; i < kMostSteps && scope.isValid(); ++i, scope = scope.getParent()) {
    std::string name;
    if (scope.getTag() == dwarf::DW_TAG_namespace) {
      name = shortName(scope);
      if (name.empty() || scope.find(dwarf::DW_AT_export_symbols)) continue;  // unnamed or inline
    } else if (isRecord(scope)) {
      name = shortName(scope);
      if (name.empty()) continue;
    } else if (scope.isSubprogramDIE()) {
      name = qualifiedName(scope) + "()";
      return name + "::" + out;
    } else {
      continue;
    }
    out = name + "::" + out;
  }
  return out;
}

std::uint64_t sizeOf(DWARFDie type, int depth = 0) {
  const BareType plain = bare(type);
  if (!plain.die.isValid() || depth > kMostSteps) return 0;
  if (const auto size = dwarf::toUnsigned(plain.die.find(dwarf::DW_AT_byte_size))) return *size;
  if (plain.die.getTag() == dwarf::DW_TAG_array_type) {
    std::uint64_t count = 1;
    for (DWARFDie range : plain.die.children()) {
      if (range.getTag() != dwarf::DW_TAG_subrange_type) continue;
      if (const auto n = dwarf::toUnsigned(range.find(dwarf::DW_AT_count))) {
        count *= *n;
      } else if (const auto upper = dwarf::toUnsigned(range.find(dwarf::DW_AT_upper_bound))) {
        count *= *upper + 1;
      }
    }
    return count * sizeOf(typeOf(plain.die), depth + 1);
  }
  if (isPointer(plain.die)) return 8;
  return 0;
}

std::optional<std::uint64_t> memberOffset(DWARFDie member) {
  const auto value = member.find(dwarf::DW_AT_data_member_location);
  if (!value)
    return member.getParent().getTag() == dwarf::DW_TAG_union_type ? std::optional<std::uint64_t>(0)
                                                                   : std::nullopt;
  return value->getAsUnsignedConstant();
}

struct Member {
  DWARFDie die;
  BareType owner;
};

// The member of a record or of its bases; also looks through unnamed unions and structs.
std::optional<Member> findMember(BareType record, const std::string& name, int depth = 0) {
  record.die = definitionOf(record.die);
  if (!isRecord(record.die) || depth > 8) return std::nullopt;
  for (DWARFDie child : record.die.children()) {
    const bool is_member = child.getTag() == dwarf::DW_TAG_member || child.getTag() == dwarf::DW_TAG_variable;
    if (is_member && shortName(child) == name) return Member{child, record};
  }
  for (DWARFDie child : record.die.children()) {
    const bool unnamed = child.getTag() == dwarf::DW_TAG_member && shortName(child).empty();
    if (!unnamed && child.getTag() != dwarf::DW_TAG_inheritance) continue;
    BareType inner = bare(typeOf(child));
    if (unnamed && inner.alias.empty() && shortName(inner.die).empty())
      inner.alias = qualifiedName(record.die, record.alias);
    if (auto found = findMember(inner, name, depth + 1)) return found;
  }
  return std::nullopt;
}

// Whether the class is little more than this member: a home-made mutex class or guard.
bool isThin(const Member& member) {
  constexpr std::uint64_t kRoomForExtras = 32;
  const std::uint64_t size = sizeOf(definitionOf(member.owner.die));
  return size != 0 && size <= sizeOf(typeOf(member.die)) + kRoomForExtras;
}

// The member of an object; for smart pointers, iterators and containers that of what they hold,
// which is one of their template arguments.
std::optional<Member> findMemberOrHeld(const BareType& object, const std::string& name, int depth = 0) {
  if (auto found = findMember(object, name)) return found;
  const DWARFDie record = definitionOf(object.die);
  if (!isRecord(record) || depth > 4) return std::nullopt;
  for (DWARFDie child : record.children()) {
    if (child.getTag() != dwarf::DW_TAG_template_type_parameter) continue;
    if (auto found = findMemberOrHeld(pointee(typeOf(child)), name, depth + 1)) return found;
  }
  return std::nullopt;
}

// A member function of a class or of its bases.
DWARFDie findMethod(BareType record, const std::string& name, int depth = 0) {
  record.die = definitionOf(record.die);
  if (!isRecord(record.die) || depth > 8) return {};
  for (DWARFDie child : record.die.children()) {
    if (child.getTag() == dwarf::DW_TAG_subprogram && shortName(child) == name) return child;
  }
  for (DWARFDie child : record.die.children()) {
    if (child.getTag() != dwarf::DW_TAG_inheritance) continue;
    if (DWARFDie found = findMethod(bare(typeOf(child)), name, depth + 1)) return found;
  }
  return {};
}

// A path expression: a root and the members taken from it. Elements are skipped: `a[i].m` is `a.m`,
// and of a call only its name stays.
struct PathStep {
  std::string name;
  bool call = false;
};
struct ParsedPath {
  std::vector<PathStep> names;
};

std::optional<ParsedPath> parsePath(std::string_view text) {
  ParsedPath path;
  std::string name;
  const auto flush = [&] {
    if (!name.empty()) path.names.push_back({std::exchange(name, {}), false});
  };
  int bracket = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[') {
      flush();
      ++bracket;
    } else if (c == ']') {
      if (--bracket < 0) return std::nullopt;
    } else if (bracket > 0) {
      continue;
    } else if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') {
      name += c;
    } else if (c == ':' && i + 1 < text.size() && text[i + 1] == ':') {
      name.clear();  // a qualified name: its last part is what debug information calls it
      ++i;
    } else if (c == '-' && i + 1 < text.size() && text[i + 1] == '>') {
      flush();
      ++i;
    } else if (c == '.') {
      flush();
    } else if (c == '&' || c == '*' || c == '(' || c == ')' || std::isspace(static_cast<unsigned char>(c))) {
      const bool call = c == '(' && (!name.empty() || (i > 0 && text[i - 1] == ']'));
      if (!call) continue;
      if (name.empty()) return std::nullopt;
      flush();
      path.names.back().call = true;
      int depth = 0;
      for (; i < text.size(); ++i) {
        if (text[i] == '(') ++depth;
        if (text[i] == ')' && --depth == 0) break;
      }
    } else {
      return std::nullopt;
    }
  }
  flush();
  if (path.names.empty() || std::isdigit(static_cast<unsigned char>(path.names[0].name[0])))
    return std::nullopt;
  return path;
}

// A variable or parameter called `name` in a function or one of its blocks.
DWARFDie findLocal(DWARFDie scope, const std::string& name, std::uint64_t address, int depth = 0) {
  if (!scope.isValid() || depth > kMostSteps) return {};
  for (DWARFDie child : scope.children()) {  // the innermost scope wins
    if (child.getTag() != dwarf::DW_TAG_lexical_block) continue;
    const bool here = child.addressRangeContainsAddress(address);
    if (!here && child.find({dwarf::DW_AT_low_pc, dwarf::DW_AT_ranges})) continue;
    if (DWARFDie found = findLocal(child, name, address, depth + 1)) return found;
  }
  for (DWARFDie child : scope.children()) {
    if (child.getTag() != dwarf::DW_TAG_variable && child.getTag() != dwarf::DW_TAG_formal_parameter)
      continue;
    if (shortName(child) == name) return child;
  }
  return {};
}

DWARFDie findGlobal(DWARFDie scope, const std::string& name, dwarf::Tag tag, int depth = 0) {
  if (!scope.isValid() || depth > 8) return {};
  for (DWARFDie child : scope.children()) {
    if (child.getTag() == tag && shortName(child) == name) return child;
    if (child.getTag() == dwarf::DW_TAG_namespace) {
      if (DWARFDie found = findGlobal(child, name, tag, depth + 1)) return found;
    }
  }
  return {};
}

}  // namespace

struct DebugInfo::Parts {
  llvm::object::OwningBinary<llvm::object::ObjectFile> file;
  std::unique_ptr<llvm::DWARFContext> context;
};

DebugInfo::DebugInfo(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
DebugInfo::~DebugInfo() = default;

std::unique_ptr<DebugInfo> DebugInfo::open(const std::string& path) {
  auto file = llvm::object::ObjectFile::createObjectFile(path);
  if (!file) {
    llvm::consumeError(file.takeError());
    return nullptr;
  }
  std::uint64_t debug_bytes = 0;
  for (const llvm::object::SectionRef& section : file->getBinary()->sections()) {
    auto name = section.getName();
    if (!name) {
      llvm::consumeError(name.takeError());
      continue;
    }
    if (*name == ".debug_info" || *name == ".zdebug_info") debug_bytes += section.getSize();
  }
  if (debug_bytes == 0 || debug_bytes > kMostDebugBytes) return nullptr;
  const auto ignore = [](llvm::Error error) { llvm::consumeError(std::move(error)); };
  auto parts = std::make_unique<Parts>();
  parts->context = llvm::DWARFContext::create(
      *file->getBinary(), llvm::DWARFContext::ProcessDebugRelocations::Process, nullptr, "", ignore, ignore);
  parts->file = std::move(*file);
  if (!parts->context) return nullptr;
  return std::unique_ptr<DebugInfo>(new DebugInfo(std::move(parts)));
}

std::optional<VariablePath> DebugInfo::variableAt(std::uint64_t address, std::uint64_t start) {
  llvm::DWARFCompileUnit* unit = parts_->context->getCompileUnitForDataAddress(address);
  if (!unit) return std::nullopt;
  DWARFDie variable = unit->getVariableForAddress(address);
  if (!variable.isValid()) return std::nullopt;

  VariablePath out;
  out.name = qualifiedName(variable);
  // In a namespace the file and line stand at the declaration that the definition refers to.
  if (const auto declaration = variable.getAttributeValueAsReferencedDie(dwarf::DW_AT_specification)) {
    out.file = declaration.getDeclFile(llvm::DILineInfoSpecifier::FileLineInfoKind::AbsoluteFilePath);
    out.line = static_cast<int>(declaration.getDeclLine());
  }
  if (out.file.empty())
    out.file = variable.getDeclFile(llvm::DILineInfoSpecifier::FileLineInfoKind::AbsoluteFilePath);
  if (out.line == 0) out.line = static_cast<int>(variable.getDeclLine());
  if (out.file.empty()) {  // then at least the unit's own file, where it is defined
    const DWARFDie unit_die = unit->getUnitDIE(true);
    out.file = shortName(unit_die);
    const char* folder = unit->getCompilationDir();
    if (!out.file.empty() && out.file[0] != '/' && folder) out.file = std::string(folder) + "/" + out.file;
  }

  if (address < start) return out;
  out.rest = address - start;

  BareType type = bare(typeOf(variable));
  for (int i = 0; i < kMostSteps && type.die.isValid() && !type.lock; ++i) {
    if (type.die.getTag() == dwarf::DW_TAG_array_type) {
      const BareType element = bare(typeOf(type.die));
      const std::uint64_t size = sizeOf(typeOf(type.die));
      if (size == 0) break;
      out.path += "[]";
      out.single = false;
      out.rest %= size;
      type = element;
      continue;
    }
    type.die = definitionOf(type.die);
    if (!isRecord(type.die)) break;
    bool stepped = false;
    for (DWARFDie child : type.die.children()) {
      const bool base = child.getTag() == dwarf::DW_TAG_inheritance;
      if (child.getTag() != dwarf::DW_TAG_member && !base) continue;
      const auto offset = memberOffset(child);
      const std::uint64_t size = sizeOf(typeOf(child));
      if (!offset || out.rest < *offset || out.rest - *offset >= size) continue;
      const std::string name = shortName(child);
      // An element of std::array, a base class and an unnamed union add no word of their own.
      if (!base && !name.empty() && name != "_M_elems" && name != "__elems_") out.path += "." + name;
      out.rest -= *offset;
      type = bare(typeOf(child));
      stepped = true;
      break;
    }
    if (!stepped) break;
  }
  return out;
}

std::optional<NamedExpression> DebugInfo::expressionAt(std::uint64_t address, std::size_t level,
                                                       std::string_view expression) {
  const auto path = parsePath(expression);
  if (!path) return std::nullopt;
  const auto dies = parts_->context->getDIEsForAddress(address);
  if (!dies || !dies.CompileUnit) return std::nullopt;
  llvm::SmallVector<DWARFDie, 4> chain;
  dies.CompileUnit->getInlinedChainForAddress(address, chain);
  if (chain.empty()) return std::nullopt;
  const DWARFDie function = chain[std::min<std::size_t>(level, chain.size() - 1)];

  // What was optimised away in an inlined copy is still declared in the function it is a copy of.
  const auto local = [&](const std::string& name) {
    const DWARFDie found = findLocal(function, name, address);
    return found.isValid()
               ? found
               : findLocal(function.getAttributeValueAsReferencedDie(dwarf::DW_AT_abstract_origin), name,
                           address);
  };
  std::size_t next = 1;
  NamedExpression out;
  const auto named = [&](DWARFDie die, NamedExpression::Kind kind, std::string owner) {
    out.kind = kind;
    out.owner = std::move(owner);
    out.member = shortName(die);
    out.file = die.getDeclFile(llvm::DILineInfoSpecifier::FileLineInfoKind::AbsoluteFilePath);
    out.line = static_cast<int>(die.getDeclLine());
  };

  DWARFDie root = path->names[0].call ? DWARFDie() : local(path->names[0].name);
  DWARFDie type;
  if (root.isValid() && path->names[0].name != "this") {
    const bool parameter = root.getTag() == dwarf::DW_TAG_formal_parameter;
    named(root, parameter ? NamedExpression::Kind::Parameter : NamedExpression::Kind::Local,
          qualifiedName(function));
    if (parameter) {
      out.root = NamedExpression::Root::Parameter;
      int position = 0;
      for (DWARFDie child : root.getParent().children()) {
        if (child.getTag() != dwarf::DW_TAG_formal_parameter || shortName(child) == "this") continue;
        if (shortName(child) == path->names[0].name) break;
        ++position;
      }
      out.parameter = position;
    }
    type = typeOf(root);
  } else {
    DWARFDie self = local("this");
    std::optional<Member> member;
    if (self.isValid()) {
      BareType object = pointee(typeOf(self));
      if (path->names[0].name == "this") {
        if (path->names.size() < 2) return std::nullopt;
        type = typeOf(self);
        root = self;
        out.root = NamedExpression::Root::This;
      } else if (path->names[0].call) {
        root = findMethod(object, path->names[0].name);
        if (root.isValid()) {
          named(root, NamedExpression::Kind::Member, qualifiedName(object.die, object.alias));
          out.member += "()";
          out.root = NamedExpression::Root::This;
          type = typeOf(root);
        }
      } else {
        member = findMember(object, path->names[0].name);
        // In a lambda `this` is the closure: captured variables, or the captured `this`.
        if (!member) {
          if (auto captured = findMember(object, "__" + path->names[0].name)) {
            named(captured->die, NamedExpression::Kind::Local, qualifiedName(function));
            out.member = path->names[0].name;
            root = captured->die;
            type = typeOf(captured->die);
          }
        }
        if (!member && !type.isValid()) {
          for (const char* captured_this : {"__this", "this"}) {
            if (auto captured = findMember(object, captured_this)) {
              member = findMember(pointee(typeOf(captured->die)), path->names[0].name);
            }
          }
        }
      }
    }
    if (member) {
      named(member->die, NamedExpression::Kind::Member,
            qualifiedName(member->owner.die, member->owner.alias));
      out.thin_owner = isThin(*member);
      out.root = NamedExpression::Root::This;
      type = typeOf(member->die);
    } else if (!type.isValid()) {
      const dwarf::Tag tag = path->names[0].call ? dwarf::DW_TAG_subprogram : dwarf::DW_TAG_variable;
      root = findGlobal(dies.CompileUnit->getUnitDIE(false), path->names[0].name, tag);
      if (!root.isValid()) return std::nullopt;
      named(root, NamedExpression::Kind::Global, "");
      out.root = NamedExpression::Root::Global;
      out.member = qualifiedName(root) + (path->names[0].call ? "()" : "");
      type = typeOf(root);
    }
  }

  for (; next < path->names.size(); ++next) {
    BareType object = pointee(type);
    for (int i = 0; i < kMostSteps && object.die.isValid() && object.die.getTag() == dwarf::DW_TAG_array_type;
         ++i) {
      object = pointee(typeOf(object.die));
    }
    const PathStep& step = path->names[next];
    if (step.call) {
      const DWARFDie method = findMethod(object, step.name);
      if (method.isValid()) {
        named(method, NamedExpression::Kind::Member, qualifiedName(object.die, object.alias));
        out.member += "()";
        type = typeOf(method);
      } else if (step.name != "get" && step.name != "at" && step.name != "front" && step.name != "back" &&
                 step.name != "value") {
        return std::nullopt;  // those of pointers and containers lead to what these hold
      }
      continue;
    }
    const auto member = findMemberOrHeld(object, step.name);
    if (!member) return std::nullopt;
    std::string owner = qualifiedName(member->owner.die, member->owner.alias);
    if (owner.empty()) return std::nullopt;
    named(member->die, NamedExpression::Kind::Member, std::move(owner));
    out.thin_owner = isThin(*member);
    type = typeOf(member->die);
  }
  const BareType last = pointee(type);
  out.type = !shortName(last.die).empty() ? shortName(last.die) : last.alias;
  return out;
}

}  // namespace gridlock::observe
