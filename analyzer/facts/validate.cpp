// See validate.h. What could be cyclic is made to end by order: operands of values, elements and
// arguments of types come before what they belong to (the extractor writes them so).
#include "analyzer/facts/validate.h"

#include <vector>

namespace gridlock::facts {
namespace {

class Checker {
 public:
  explicit Checker(const Unit& unit) : unit_(unit) {}

  std::optional<std::string> run() {
    checkTables();
    checkTypes();
    checkSymbols();
    checkPathsAndValues();
    for (Index at = 0; at < unit_.functions.size(); ++at) checkFunction(at);
    checkRest();
    return fault_;
  }

 private:
  void fail(const char* table, std::size_t row, const char* member, std::uint64_t value) {
    if (fault_) return;
    fault_ =
        std::string(table) + "[" + std::to_string(row) + "]: bad " + member + " " + std::to_string(value);
  }

  // `value` must be a position below `size`, or none when that is allowed.
  bool within(const char* table, std::size_t row, const char* member, Index value, std::size_t size,
              bool optional = true) {
    if (value < size || (optional && value == kNoIndex)) return true;
    fail(table, row, member, value);
    return false;
  }

  void string(const char* table, std::size_t row, const char* member, StringId id) {
    within(table, row, member, id, unit_.strings.size(), false);
  }

  void checkTables() {
    if (unit_.strings.empty() || !unit_.strings[0].empty()) fail("strings", 0, "first string", 0);
    string("unit", 0, "main_file", unit_.main_file);
    for (std::size_t at = 0; at < unit_.files.size(); ++at) string("files", at, "path", unit_.files[at].path);
    for (std::size_t at = 0; at < unit_.sites.size(); ++at)
      within("sites", at, "file", unit_.sites[at].file, unit_.files.size());
    for (std::size_t at = 0; at < unit_.fields.size(); ++at) {
      const Field& field = unit_.fields[at];
      within("fields", at, "parent", field.parent, unit_.types.size(), false);
      string("fields", at, "name", field.name);
      within("fields", at, "type", field.type, unit_.types.size());
      within("fields", at, "declared", field.declared, unit_.sites.size());
    }
  }

  void checkTypes() {
    for (std::size_t at = 0; at < unit_.types.size(); ++at) {
      const Type& type = unit_.types[at];
      string("types", at, "name", type.name);
      string("types", at, "qualified", type.qualified);
      string("types", at, "capability", type.capability);
      within("types", at, "element", type.element, at);
      for (const TypeId argument : type.arguments) within("types", at, "argument", argument, at);
      for (const FieldId field : type.fields) within("types", at, "field", field, unit_.fields.size(), false);
      within("types", at, "declared", type.declared, unit_.sites.size());
    }
  }

  void checkSymbols() {
    for (std::size_t at = 0; at < unit_.symbols.size(); ++at) {
      const Symbol& symbol = unit_.symbols[at];
      string("symbols", at, "name", symbol.name);
      string("symbols", at, "qualified", symbol.qualified);
      string("symbols", at, "display", symbol.display);
      within("symbols", at, "type", symbol.type, unit_.types.size());
      within("symbols", at, "parent", symbol.parent, unit_.types.size());
      for (const TypeId type : symbol.arguments) within("symbols", at, "argument", type, unit_.types.size());
      for (const TypeId type : symbol.params) within("symbols", at, "param", type, unit_.types.size());
      within("symbols", at, "declared", symbol.declared, unit_.sites.size());
      for (const SymbolId other : symbol.overrides)
        within("symbols", at, "override", other, unit_.symbols.size(), false);
    }
  }

  void checkPathsAndValues() {
    for (std::size_t at = 0; at < unit_.paths.size(); ++at) {
      const Path& path = unit_.paths[at];
      if (path.root == RootKind::Global)
        within("paths", at, "global", path.index, unit_.symbols.size(), false);
      if (path.steps.size() > kMaxSteps + 1) fail("paths", at, "number of steps", path.steps.size());
      for (const Step& step : path.steps) {
        if (step.kind == StepKind::Field)
          within("paths", at, "field", step.index, unit_.fields.size(), false);
        if (step.kind == StepKind::Element && step.element == ElementKind::Value)
          within("paths", at, "element", step.index, unit_.values.size(), false);
      }
      within("paths", at, "type", path.type, unit_.types.size());
      string("paths", at, "text", path.text);
    }
    for (std::size_t at = 0; at < unit_.values.size(); ++at) {
      const Value& value = unit_.values[at];
      within("values", at, "left", value.left, at);
      within("values", at, "right", value.right, at);
      if (value.kind == ValueKind::Function)
        within("values", at, "function", value.index, unit_.symbols.size(), false);
      if (!hasPath(value)) continue;
      if (!within("values", at, "path", value.index, unit_.paths.size(), false)) continue;
      for (const Step& step : unit_.paths[value.index].steps)
        if (step.kind == StepKind::Element && step.element == ElementKind::Value)
          within("values", at, "element of its path", step.index, at, false);
    }
    if (fault_) return;
    seen_value_.assign(unit_.values.size(), kNoIndex);
    seen_path_.assign(unit_.paths.size(), kNoIndex);
  }

  static bool hasPath(const Value& value) {
    return value.kind == ValueKind::AddressOf || value.kind == ValueKind::Load ||
           value.kind == ValueKind::Object;
  }

  // Paths and values name locals, parameters and results of the function that uses them.
  void checkUses(Index function) {
    const Function& body = unit_.functions[function];
    while (!pending_.empty()) {
      const auto [is_path, id] = pending_.back();
      pending_.pop_back();
      if (is_path) {
        if (seen_path_[id] == function) continue;
        seen_path_[id] = function;
        const Path& path = unit_.paths[id];
        std::size_t size = kNoIndex;
        if (path.root == RootKind::Local || path.root == RootKind::Temporary) size = body.locals.size();
        if (path.root == RootKind::Parameter) size = body.parameter_names.size();
        if (path.root == RootKind::Result) size = body.instructions.size();
        within("functions", function, "root of a path", path.index, size, false);
        for (const Step& step : path.steps)
          if (step.kind == StepKind::Element && step.element == ElementKind::Value)
            pending_.emplace_back(false, step.index);
      } else {
        if (seen_value_[id] == function) continue;
        seen_value_[id] = function;
        const Value& value = unit_.values[id];
        if (value.kind == ValueKind::Result)
          within("functions", function, "result of an instruction", value.index, body.instructions.size(),
                 false);
        if (hasPath(value)) pending_.emplace_back(true, value.index);
        if (value.left != kNoIndex) pending_.emplace_back(false, value.left);
        if (value.right != kNoIndex) pending_.emplace_back(false, value.right);
      }
    }
  }

  void usePath(Index function, PathId path) {
    if (within("functions", function, "path", path, unit_.paths.size()) && path != kNoIndex && !fault_)
      pending_.emplace_back(true, path);
  }
  void useValue(Index function, ValueId value) {
    if (within("functions", function, "value", value, unit_.values.size()) && value != kNoIndex && !fault_)
      pending_.emplace_back(false, value);
  }

  void checkFunction(Index at) {
    if (fault_) return;
    const Function& body = unit_.functions[at];
    within("functions", at, "symbol", body.symbol, unit_.symbols.size(), at == unit_.static_initialisers);
    within("functions", at, "site", body.site, unit_.sites.size());
    if (body.parameter_types.size() != body.parameter_names.size() ||
        body.parameter_address_taken.size() != body.parameter_names.size())
      fail("functions", at, "number of parameters", body.parameter_names.size());
    for (const StringId name : body.parameter_names) string("functions", at, "parameter name", name);
    for (const TypeId type : body.parameter_types)
      within("functions", at, "parameter type", type, unit_.types.size());
    within("functions", at, "closure", body.closure, unit_.types.size());
    checkLambdaParents(at);
    for (const Local& local : body.locals) {
      string("functions", at, "name of a local", local.name);
      within("functions", at, "type of a local", local.type, unit_.types.size());
      within("functions", at, "site of a local", local.declared, unit_.sites.size());
    }
    for (const Instruction& instruction : body.instructions) {
      within("functions", at, "site of an instruction", instruction.site, unit_.sites.size());
      within("functions", at, "type of an instruction", instruction.type, unit_.types.size());
      usePath(at, instruction.path);
      useValue(at, instruction.value);
      useValue(at, instruction.callee);
      for (const ValueId value : instruction.args) useValue(at, value);
    }
    if (!body.blocks.empty() || body.entry != 0 || body.exit != 0) {
      within("functions", at, "entry", body.entry, body.blocks.size(), false);
      within("functions", at, "exit", body.exit, body.blocks.size(), false);
    }
    for (const Block& block : body.blocks) {
      for (const Index instruction : block.instructions)
        within("functions", at, "instruction of a block", instruction, body.instructions.size(), false);
      useValue(at, block.condition);
      for (const Edge& edge : block.successors)
        within("functions", at, "target of an edge", edge.target, body.blocks.size(), false);
    }
    if (!fault_) checkUses(at);
  }

  void checkLambdaParents(Index at) {
    // A lambda's parent may come after it, so order does not help; a chain longer than the number
    // of functions is a cycle. Nesting is shallow, so a small bound serves.
    constexpr int kMaxNesting = 64;
    Index parent = unit_.functions[at].lambda_parent;
    for (int depth = 0; parent != kNoIndex; ++depth) {
      if (!within("functions", at, "lambda parent", parent, unit_.functions.size(), false)) return;
      if (depth == kMaxNesting) return fail("functions", at, "chain of lambda parents", parent);
      parent = unit_.functions[parent].lambda_parent;
    }
  }

  void checkRest() {
    within("unit", 0, "static_initialisers", unit_.static_initialisers, unit_.functions.size());
    for (std::size_t at = 0; at < unit_.attributes.size(); ++at) {
      const Attribute& attribute = unit_.attributes[at];
      within("attributes", at, "field", attribute.field, unit_.fields.size());
      within("attributes", at, "symbol", attribute.symbol, unit_.symbols.size());
      within("attributes", at, "site", attribute.site, unit_.sites.size());
      for (const PathId path : attribute.arguments)
        within("attributes", at, "argument", path, unit_.paths.size(), false);
    }
    for (std::size_t at = 0; at < unit_.nolints.size(); ++at) {
      within("nolints", at, "file", unit_.nolints[at].file, unit_.files.size());
      for (const StringId rule : unit_.nolints[at].rules) string("nolints", at, "rule", rule);
    }
    for (std::size_t at = 0; at < unit_.annotation_places.size(); ++at) {
      const AnnotationPlace& place = unit_.annotation_places[at];
      within("annotation places", at, "field", place.field, unit_.fields.size());
      within("annotation places", at, "symbol", place.symbol, unit_.symbols.size());
      within("annotation places", at, "file", place.file, unit_.files.size(), false);
    }
    string("macros", 0, "name", unit_.macros.guarded_by);
    string("macros", 0, "name", unit_.macros.requires_lock);
  }

  const Unit& unit_;
  std::optional<std::string> fault_;
  std::vector<std::pair<bool, Index>> pending_;  // (is a path, id) still to be looked at
  std::vector<Index> seen_value_;                // the function that looked at it last
  std::vector<Index> seen_path_;
};

}  // namespace

std::optional<std::string> findFault(const Unit& unit) { return Checker(unit).run(); }

}  // namespace gridlock::facts
