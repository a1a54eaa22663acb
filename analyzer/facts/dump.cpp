// See dump.h. One line an instruction:
//
//   B2 (depth 1)
//     %4 = call &pthread_mutex_trylock(&p->mu) at f.c:12:3
//     if %4 == 0 goto B4 else B3
#include "analyzer/facts/dump.h"

#include <iterator>

namespace gridlock::facts {
namespace {

const char* const kRootNames[] = {"global", "param", "this", "local", "result", "temp", "unknown"};
const char* const kCompareNames[] = {"==", "!=", "<", "<=", ">", ">="};
const char* const kInstructionNames[] = {"read",     "write", "readwrite", "assign",    "call",
                                         "allocate", "free",  "return",    "scope-end", "throw"};
const char* const kInstructionFlags[] = {"atomic",      "volatile",   "init",      "virtual", "implicit",
                                         "constructor", "destructor", "temporary", "array",   "acquire",
                                         "release",     "discarded",  "macro"};
const char* const kSymbolFlags[] = {
    "defined",          "system",           "noreturn",    "thread-local",  "const",
    "method",           "static-method",    "constructor", "destructor",    "virtual",
    "static-local",     "variadic",         "operator",    "address-taken", "exported",
    "copy-constructor", "move-constructor", "assignment",  "implicit"};
const char* const kTypeFlags[] = {"const",  "volatile",    "union",       "system",
                                  "lambda", "polymorphic", "trivial-copy"};
const char* const kTypeKinds[] = {"other", "scalar", "atomic", "pointer", "reference", "array", "record"};
const char* const kLinkages[] = {"external", "weak", "internal"};
const char* const kAttributes[] = {"guarded_by",
                                   "pt_guarded_by",
                                   "acquired_before",
                                   "acquired_after",
                                   "requires",
                                   "requires_shared",
                                   "acquire",
                                   "acquire_shared",
                                   "release",
                                   "release_shared",
                                   "release_generic",
                                   "try_acquire",
                                   "try_acquire_shared",
                                   "excludes",
                                   "assert_capability",
                                   "assert_shared_capability",
                                   "lock_returned",
                                   "no_analysis"};

template <std::size_t N>
std::string flagText(std::uint32_t flags, const char* const (&names)[N]) {
  std::string out;
  for (std::size_t bit = 0; bit < N; ++bit)
    if (flags & (1u << bit)) out += std::string(" ") + names[bit];
  return out;
}

class Dumper {
 public:
  Dumper(const Unit& unit, const Function* function) : unit_(unit), function_(function) {}

  const std::string& string(StringId id) const { return unit_.strings[id]; }

  std::string site(SiteId id) const {
    if (id == kNoIndex) return "?";
    const Site& site = unit_.sites[id];
    return (site.file == kNoIndex ? "?" : string(unit_.files[site.file].path)) + ":" +
           std::to_string(site.line) + ":" + std::to_string(site.column);
  }

  std::string type(TypeId id) const {
    if (id == kNoIndex) return "?";
    const Type& type = unit_.types[id];
    std::string out = type.flags & kTypeConst ? "const " : "";
    if (type.flags & kTypeVolatile) out += "volatile ";
    if (type.kind == TypeKind::Record) return out + string(type.name);
    if (type.kind == TypeKind::Pointer)
      return this->type(type.element) + "*" + (out.empty() ? "" : " " + out);
    if (type.kind == TypeKind::Reference) return this->type(type.element) + "&";
    if (type.kind == TypeKind::Array) return this->type(type.element) + "[]";
    if (type.kind == TypeKind::Atomic) return out + "atomic " + this->type(type.element);
    if (type.name != 0) return out + string(type.name);
    return out + kTypeKinds[static_cast<int>(type.kind)];
  }

  std::string symbol(SymbolId id) const {
    if (id == kNoIndex) return "?";
    return string(unit_.symbols[id].qualified);
  }

  std::string path(PathId id) const {
    if (id == kNoIndex) return "?";
    const Path& path = unit_.paths[id];
    std::string out;
    switch (path.root) {
      case RootKind::Global:
        out = symbol(path.index);
        break;
      case RootKind::This:
        out = "this";
        break;
      case RootKind::Parameter:
        out = function_ && path.index < function_->parameter_names.size() &&
                      function_->parameter_names[path.index] != 0
                  ? "$" + string(function_->parameter_names[path.index])
                  : "$" + std::to_string(path.index);
        break;
      case RootKind::Local:
      case RootKind::Temporary:
        if (function_ && path.index < function_->locals.size() && function_->locals[path.index].name != 0)
          out = string(function_->locals[path.index].name) + "'";
        else
          out = "tmp'";
        out += std::to_string(path.index);
        break;
      case RootKind::Result:
        out = "%" + std::to_string(path.index);
        break;
      case RootKind::Unknown:
        out = "unknown" + std::to_string(path.index);
        break;
    }
    for (const Step& step : path.steps) {
      switch (step.kind) {
        case StepKind::Deref:
          out += "->";
          break;
        case StepKind::Deeper:
          out += "…";
          break;
        case StepKind::Field: {
          const Field& field = unit_.fields[step.index];
          out += (field.is_base ? ".<" : ".") + string(field.name) + (field.is_base ? ">" : "");
          break;
        }
        case StepKind::Element:
          out += step.element == ElementKind::Any ? "[]"
                 : step.element == ElementKind::Constant
                     ? "[" + std::to_string(static_cast<std::int32_t>(step.index)) + "]"
                     : "[" + value(step.index) + "]";
          break;
      }
    }
    return out;
  }

  std::string value(ValueId id) const {
    if (id == kNoIndex) return "none";
    const Value& value = unit_.values[id];
    switch (value.kind) {
      case ValueKind::Unknown:
        return "?";
      case ValueKind::Constant:
        return std::to_string(value.number);
      case ValueKind::AddressOf:
        return "&" + path(value.index);
      case ValueKind::Load:
        return path(value.index);
      case ValueKind::Function:
        return "@" + symbol(value.index);
      case ValueKind::Result:
        return "%" + std::to_string(value.index);
      case ValueKind::Compare:
        return "(" + this->value(value.left) + " " + kCompareNames[static_cast<int>(value.op)] + " " +
               this->value(value.right) + ")";
      case ValueKind::Not:
        return "!" + this->value(value.left);
      case ValueKind::Object:
        return "object " + path(value.index);
      case ValueKind::Arithmetic:
        return "(" + this->value(value.left) + " ± " + this->value(value.right) + ")";
    }
    return "?";
  }

  std::string instruction(Index at) const {
    const Instruction& row = function_->instructions[at];
    std::string out;
    if (row.kind == InstructionKind::Call || row.kind == InstructionKind::Allocate || row.callee != kNoIndex)
      out = "%" + std::to_string(at) + " = ";
    out += kInstructionNames[static_cast<int>(row.kind)];
    out += flagText(row.flags, kInstructionFlags);
    if (row.path != kNoIndex) out += " " + path(row.path);
    if (row.callee != kNoIndex) {
      out += " " + value(row.callee) + "(";
      for (std::size_t arg = 0; arg < row.args.size(); ++arg) out += (arg ? ", " : "") + value(row.args[arg]);
      out += ")";
    } else if (row.kind == InstructionKind::Call) {
      out += " unknown()";
    }
    if (row.kind == InstructionKind::Allocate) out += " " + type(row.type);
    if (row.value != kNoIndex) out += " := " + value(row.value);
    return out + "  at " + site(row.site);
  }

  std::string edge(const Edge& edge) const {
    std::string out = "B" + std::to_string(edge.target);
    switch (edge.kind) {
      case EdgeKind::Always:
        return "goto " + out;
      case EdgeKind::IfTrue:
        return "true " + out;
      case EdgeKind::IfFalse:
        return "false " + out;
      case EdgeKind::Case:
        return "case " + std::to_string(edge.number) + " " + out;
      case EdgeKind::Default:
        return "default " + out;
      case EdgeKind::Exception:
        return "exception " + out;
    }
    return out;
  }

  std::string function() const {
    const Function& row = *function_;
    std::string out = "function " + symbol(row.symbol) + "(";
    for (std::size_t at = 0; at < row.parameter_names.size(); ++at) {
      out += (at ? ", " : "") + type(row.parameter_types[at]) + " " + string(row.parameter_names[at]);
      if (row.parameter_address_taken[at]) out += "&";
    }
    out += ") at " + site(row.site);
    if (row.flags & kFunctionHasErrors) out += " has-errors";
    if (row.flags & kFunctionLambda) out += " lambda";
    if (row.flags & kFunctionCoroutine) out += " coroutine";
    if (row.closure != kNoIndex) out += " closure " + type(row.closure);
    if (row.lambda_parent != kNoIndex) out += " in " + symbol(unit_.functions[row.lambda_parent].symbol);
    out += "\n";
    for (std::size_t at = 0; at < row.locals.size(); ++at) {
      const Local& local = row.locals[at];
      out += "  local " + std::to_string(at) + " " + (local.kind == LocalKind::Variable ? "" : "temporary ") +
             type(local.type) + " " + string(local.name) + (local.address_taken ? " address-taken" : "") +
             "\n";
    }
    for (std::size_t at = 0; at < row.blocks.size(); ++at) {
      const Block& block = row.blocks[at];
      out += "  B" + std::to_string(at) + (at == row.entry ? " entry" : "") +
             (at == row.exit ? " exit" : "") + "\n";
      for (const Index id : block.instructions) {
        out += "    " + instruction(id);
        if (row.instructions[id].loop_depth)
          out += " loop " + std::to_string(row.instructions[id].loop_depth);
        out += "\n";
      }
      if (block.successors.empty()) continue;
      out += "    ";
      if (block.condition != kNoIndex) out += "if " + value(block.condition) + ": ";
      for (std::size_t edge_at = 0; edge_at < block.successors.size(); ++edge_at)
        out += (edge_at ? ", " : "") + edge(block.successors[edge_at]);
      out += "\n";
    }
    return out;
  }

  std::string all() const {
    std::string out = "unit " + string(unit_.main_file) + "\n";
    for (const std::string& error : unit_.errors) out += "error " + error + "\n";
    if (unit_.skipped_functions) out += "skipped functions " + std::to_string(unit_.skipped_functions) + "\n";
    for (const File& file : unit_.files)
      out += "file " + string(file.path) + (file.system ? " system" : "") + "\n";
    for (std::size_t at = 0; at < unit_.types.size(); ++at) {
      const Type& row = unit_.types[at];
      if (row.kind != TypeKind::Record) continue;
      out += "record " + type(static_cast<TypeId>(at)) + " (" + string(row.qualified) + ")" +
             flagText(row.flags, kTypeFlags) + (row.declared == kNoIndex ? "" : " at " + site(row.declared)) +
             "\n";
      for (const FieldId id : row.fields) {
        const Field& field = unit_.fields[id];
        out += "  " + std::string(field.is_base ? "base " : "") + type(field.type) + " " +
               string(field.name) + (field.is_mutable ? " mutable" : "") +
               (field.is_bit_field ? " bit-field" : "") + "\n";
      }
    }
    for (const Symbol& row : unit_.symbols) {
      out += std::string(row.kind == SymbolKind::Function ? "function-symbol " : "variable-symbol ") +
             kLinkages[static_cast<int>(row.linkage)] + " " + string(row.name) + " = " +
             string(row.qualified) + " display " + string(row.display) + flagText(row.flags, kSymbolFlags) +
             " : " + type(row.type);
      for (const SymbolId id : row.overrides) out += " overrides " + string(unit_.symbols[id].name);
      out += "\n";
    }
    for (const Attribute& row : unit_.attributes) {
      out += std::string("attribute ") + kAttributes[static_cast<int>(row.kind)] + " on " +
             (row.field != kNoIndex
                  ? type(unit_.fields[row.field].parent) + "." + string(unit_.fields[row.field].name)
                  : symbol(row.symbol));
      for (const PathId id : row.arguments) out += " " + path(id);
      out += "\n";
    }
    for (const AnnotationPlace& row : unit_.annotation_places)
      out += "annotate " +
             (row.field != kNoIndex    ? string(unit_.fields[row.field].name)
              : row.symbol != kNoIndex ? string(unit_.symbols[row.symbol].display)
                                       : "?") +
             " at " + string(unit_.files[row.file].path) + "+" + std::to_string(row.offset) + "\n";
    for (const Nolint& row : unit_.nolints) {
      out += "nolint " + (row.file == kNoIndex ? "?" : string(unit_.files[row.file].path)) + ":" +
             std::to_string(row.first_line) + "-" + std::to_string(row.last_line);
      for (const StringId rule : row.rules) out += " " + string(rule);
      out += "\n";
    }
    for (std::size_t at = 0; at < unit_.functions.size(); ++at) {
      if (at == unit_.static_initialisers) out += "static initialisers: ";
      out += dumpFunction(unit_, unit_.functions[at]);
    }
    return out;
  }

 private:
  const Unit& unit_;
  const Function* function_;
};

}  // namespace

std::string dump(const Unit& unit) { return Dumper(unit, nullptr).all(); }
std::string dumpFunction(const Unit& unit, const Function& function) {
  return Dumper(unit, &function).function();
}
std::string dumpPath(const Unit& unit, PathId path, const Function* function) {
  return Dumper(unit, function).path(path);
}
std::string dumpValue(const Unit& unit, ValueId value, const Function* function) {
  return Dumper(unit, function).value(value);
}

}  // namespace gridlock::facts
