// See content_hash.h. Strings, files, sites, types, fields, symbols, paths and values are hashed once
// each, in that order; a function then combines the hashes of what it refers to.
#include "analyzer/facts/content_hash.h"

#include "analyzer/facts/hash.h"

namespace gridlock::facts {
namespace {

using Hashes = std::vector<std::uint64_t>;

std::uint64_t at(const Hashes& hashes, Index index) { return index < hashes.size() ? hashes[index] : 0; }

class ContentHasher {
 public:
  explicit ContentHasher(const Unit& unit) : unit_(unit) {
    for (const std::string& text : unit.strings) strings_.push_back(hashOf(text));
    for (const Site& site : unit.sites) {
      Hasher hasher;
      hasher.add(site.file == kNoIndex ? 0 : strings_[unit.files[site.file].path]);
      hasher.add(site.line);
      hasher.add(site.column);
      sites_.push_back(hasher.value());
    }
    for (const Type& type : unit.types) {  // elements come before what they belong to
      Hasher hasher;
      hasher.add(static_cast<std::uint64_t>(type.kind));
      hasher.add(type.flags);
      hasher.add(strings_[type.name]);
      hasher.add(at(types_, type.element));
      types_.push_back(hasher.value());
    }
    for (const Field& field : unit.fields) {
      Hasher hasher;
      hasher.add(at(types_, field.parent));
      hasher.add(strings_[field.name]);
      fields_.push_back(hasher.value());
    }
    for (const Symbol& symbol : unit.symbols) symbols_.push_back(strings_[symbol.name]);
    // Values and paths refer to one another; a path's elements are values that come before any
    // value that names the path, so both are hashed on demand.
    paths_.resize(unit.paths.size());
    values_.resize(unit.values.size());
    path_done_.resize(unit.paths.size());
    for (Index id = 0; id < unit.values.size(); ++id) values_[id] = value(unit.values[id]);
    for (Index id = 0; id < unit.paths.size(); ++id) path(id);
  }

  std::uint64_t function(const Function& body) const {
    Hasher hasher;
    hasher.add(at(symbols_, body.symbol));
    hasher.add(body.flags);
    hasher.add(at(sites_, body.site));
    for (std::size_t index = 0; index < body.parameter_names.size(); ++index) {
      hasher.add(strings_[body.parameter_names[index]]);
      hasher.add(at(types_, body.parameter_types[index]));
      hasher.add(body.parameter_address_taken[index]);
    }
    hasher.add(at(types_, body.closure));
    for (const Local& local : body.locals) {
      hasher.add(static_cast<std::uint64_t>(local.kind));
      hasher.add(strings_[local.name]);
      hasher.add(at(types_, local.type));
      hasher.add(local.address_taken);
    }
    for (const Instruction& row : body.instructions) {
      hasher.add(static_cast<std::uint64_t>(row.kind));
      hasher.add(row.flags);
      hasher.add(at(sites_, row.site));
      hasher.add(at(paths_, row.path));
      hasher.add(at(values_, row.value));
      hasher.add(at(values_, row.callee));
      for (const ValueId argument : row.args) hasher.add(at(values_, argument));
      hasher.add(at(types_, row.type));
    }
    for (const Block& block : body.blocks) {
      for (const Index instruction : block.instructions) hasher.add(instruction);
      hasher.add(at(values_, block.condition));
      for (const Edge& edge : block.successors) {
        hasher.add(edge.target);
        hasher.add(static_cast<std::uint64_t>(edge.kind));
        hasher.add(static_cast<std::uint64_t>(edge.number));
      }
    }
    hasher.add(body.entry);
    hasher.add(body.exit);
    return hasher.value();
  }

 private:
  std::uint64_t path(PathId id) {
    if (id >= paths_.size()) return 0;
    if (path_done_[id]) return paths_[id];
    const Path& row = unit_.paths[id];
    Hasher hasher;
    hasher.add(static_cast<std::uint64_t>(row.root));
    hasher.add(row.root == RootKind::Global ? at(symbols_, row.index) : row.index);
    for (const Step& step : row.steps) {
      hasher.add(static_cast<std::uint64_t>(step.kind) << 8 | static_cast<std::uint64_t>(step.element));
      if (step.kind == StepKind::Field)
        hasher.add(at(fields_, step.index));
      else if (step.kind == StepKind::Element && step.element == ElementKind::Value)
        hasher.add(at(values_, step.index));
      else
        hasher.add(step.index);
    }
    path_done_[id] = true;
    return paths_[id] = hasher.value();
  }

  std::uint64_t value(const Value& row) {
    Hasher hasher;
    hasher.add(static_cast<std::uint64_t>(row.kind) << 8 | static_cast<std::uint64_t>(row.op));
    hasher.add(static_cast<std::uint64_t>(row.number));
    switch (row.kind) {
      case ValueKind::AddressOf:
      case ValueKind::Load:
      case ValueKind::Object:
        hasher.add(path(row.index));
        break;
      case ValueKind::Function:
        hasher.add(at(symbols_, row.index));
        break;
      default:
        hasher.add(row.index);
    }
    hasher.add(row.left == kNoIndex ? 0 : values_[row.left]);
    hasher.add(row.right == kNoIndex ? 0 : values_[row.right]);
    return hasher.value();
  }

  const Unit& unit_;
  Hashes strings_, sites_, types_, fields_, symbols_, paths_, values_;
  std::vector<bool> path_done_;
};

}  // namespace

void fillContentHashes(Unit& unit) {
  const ContentHasher hasher(unit);
  for (Function& body : unit.functions) body.content_hash = hasher.function(body);
}

}  // namespace gridlock::facts
