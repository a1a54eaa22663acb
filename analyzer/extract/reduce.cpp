// See reduce.h.
#include "analyzer/extract/reduce.h"

#include <algorithm>
#include <set>

namespace gridlock::extract {
namespace {

using facts::Index;
using facts::InstructionKind;
using facts::kNoIndex;

class Reducer {
 public:
  explicit Reducer(Lowering& lowering)
      : lowering_(lowering),
        function_(lowering.function()),
        source_(lowering.places()),
        target_(lowering.builder().places()) {}

  facts::Function run() {
    for (int round = 0; round < 4; ++round) {
      dropUnreachable();
      const bool dropped = dropDeadAssignments();
      const bool simpler = simplifyBlocks();
      if (!dropped && !simpler) break;
    }
    dropUnreachable();
    findLoops();
    return move();
  }

 private:
  // --- assignments that nothing depends on ---

  // Locals and parameters by one number; kNoIndex for other roots.
  std::uint64_t variableOf(const facts::Path& path) const {
    if (path.root == facts::RootKind::Local || path.root == facts::RootKind::Temporary) return path.index;
    if (path.root == facts::RootKind::Parameter) return (std::uint64_t{1} << 32) | path.index;
    return kNone;
  }

  void needPath(facts::PathId id, bool as_target) {
    const facts::Path& path = source_.path(id);
    const std::uint64_t variable = variableOf(path);
    // Assigning to x itself does not need x; assigning through it does.
    const bool only_target =
        as_target && std::none_of(path.steps.begin(), path.steps.end(), [](const facts::Step& step) {
          return step.kind == facts::StepKind::Deref;
        });
    if (variable != kNone && !only_target && needed_.insert(variable).second) changed_ = true;
    for (const facts::Step& step : path.steps)
      if (step.kind == facts::StepKind::Element && step.element == facts::ElementKind::Value)
        needValue(step.index);
  }

  void needValue(facts::ValueId id) {
    if (id == kNoIndex || !needed_values_.insert(id).second) return;
    const facts::Value& value = source_.value(id);
    if (value.kind == facts::ValueKind::Load || value.kind == facts::ValueKind::AddressOf ||
        value.kind == facts::ValueKind::Object)
      needPath(value.index, false);
    needValue(value.left);
    needValue(value.right);
  }

  bool isDroppable(const facts::Instruction& row) const {
    if (row.kind != InstructionKind::Assign) return false;
    const std::uint64_t variable = variableOf(source_.path(row.path));
    return variable != kNone && !needed_.count(variable);
  }

  bool dropDeadAssignments() {
    needed_.clear();
    needed_values_.clear();
    do {
      changed_ = false;
      for (const facts::Block& block : function_.blocks) {
        needValue(block.condition);
        for (const Index at : block.instructions) {
          const facts::Instruction& row = function_.instructions[at];
          if (isDroppable(row)) continue;
          if (row.path != kNoIndex)
            needPath(row.path, row.kind == InstructionKind::Assign || row.kind == InstructionKind::ScopeEnd);
          needValue(row.value);
          needValue(row.callee);
          for (const facts::ValueId argument : row.args) needValue(argument);
        }
      }
    } while (changed_);
    bool dropped = false;
    for (facts::Block& block : function_.blocks)
      dropped |= std::erase_if(block.instructions,
                               [&](Index at) { return isDroppable(function_.instructions[at]); }) > 0;
    return dropped;
  }

  // --- blocks that say nothing ---

  Index finalTarget(Index block) const {
    for (std::size_t hops = 0; hops < function_.blocks.size(); ++hops) {
      const facts::Block& row = function_.blocks[block];
      if (block == function_.exit || !row.instructions.empty() || row.successors.size() != 1 ||
          row.successors[0].target == block)
        return block;
      block = row.successors[0].target;
    }
    return block;
  }

  bool simplifyBlocks() {
    bool changed = false;
    for (Index at = 0; at < function_.blocks.size(); ++at) {
      facts::Block& block = function_.blocks[at];
      for (facts::Edge& edge : block.successors) {
        const Index target = finalTarget(edge.target);
        changed |= target != edge.target;
        edge.target = target;
      }
      if (block.successors.size() > 1) {
        // A loop without a body ends some time.
        if (block.instructions.empty() && at != function_.exit) {
          const auto other = std::find_if(block.successors.begin(), block.successors.end(),
                                          [at](const facts::Edge& edge) { return edge.target != at; });
          if (other != block.successors.end())
            changed |= std::erase_if(block.successors,
                                     [at](const facts::Edge& edge) { return edge.target == at; }) > 0;
        }
        const Index first = block.successors[0].target;
        if (std::all_of(block.successors.begin(), block.successors.end(),
                        [first](const facts::Edge& edge) { return edge.target == first; })) {
          block.successors = {{.target = first}};
          block.condition = kNoIndex;
          changed = true;
        }
      }
      if (block.successors.size() == 1 && block.condition != kNoIndex) {
        block.successors[0].kind = facts::EdgeKind::Always;
        block.condition = kNoIndex;
        changed = true;
      }
    }
    // The entry may be forwarded, too; then blocks in a row become one.
    function_.entry = finalTarget(function_.entry);
    std::vector<unsigned> predecessors(function_.blocks.size());
    ++predecessors[function_.entry];
    for (const facts::Block& block : function_.blocks)
      for (const facts::Edge& edge : block.successors) ++predecessors[edge.target];
    for (Index at = 0; at < function_.blocks.size(); ++at) {
      while (true) {
        facts::Block& block = function_.blocks[at];
        if (block.successors.size() != 1 || block.successors[0].kind != facts::EdgeKind::Always) break;
        const Index next = block.successors[0].target;
        if (next == at || next == function_.exit || next == function_.entry || predecessors[next] != 1) break;
        facts::Block& other = function_.blocks[next];
        block.instructions.insert(block.instructions.end(), other.instructions.begin(),
                                  other.instructions.end());
        block.condition = other.condition;
        block.successors = std::move(other.successors);
        other = {};
        predecessors[next] = 0;
        changed = true;
      }
    }
    return changed;
  }

  void dropUnreachable() {
    std::vector<Index> renumbered(function_.blocks.size(), kNoIndex);
    std::vector<bool> seen(function_.blocks.size());
    std::vector<Index> stack{function_.entry};
    seen[function_.entry] = seen[function_.exit] = true;
    while (!stack.empty()) {
      const Index at = stack.back();
      stack.pop_back();
      for (const facts::Edge& edge : function_.blocks[at].successors)
        if (!seen[edge.target]) {
          seen[edge.target] = true;
          stack.push_back(edge.target);
        }
    }
    std::vector<facts::Block> kept;
    for (Index at = 0; at < function_.blocks.size(); ++at) {
      if (!seen[at]) continue;
      renumbered[at] = static_cast<Index>(kept.size());
      kept.push_back(std::move(function_.blocks[at]));
    }
    for (facts::Block& block : kept)
      for (facts::Edge& edge : block.successors) edge.target = renumbered[edge.target];
    function_.blocks = std::move(kept);
    function_.entry = renumbered[function_.entry];
    function_.exit = renumbered[function_.exit];
  }

  // --- loops: strongly connected parts, and those within them without their head ---

  void findLoops() {
    depth_.assign(function_.blocks.size(), 0);
    std::vector<Index> all(function_.blocks.size());
    for (Index at = 0; at < all.size(); ++at) all[at] = at;
    findLoopsIn(all, 0);
    for (Index at = 0; at < function_.blocks.size(); ++at)
      for (const Index instruction : function_.blocks[at].instructions)
        function_.instructions[instruction].loop_depth = depth_[at];
  }

  void findLoopsIn(const std::vector<Index>& blocks, std::uint32_t level) {
    constexpr std::uint32_t kMaxDepth = 8;
    if (level == kMaxDepth) return;
    const std::set<Index> members(blocks.begin(), blocks.end());
    for (const std::vector<Index>& part : components(blocks, members)) {
      const auto& first = function_.blocks[part[0]].successors;
      const bool loops =
          part.size() > 1 || std::any_of(first.begin(), first.end(),
                                         [&](const facts::Edge& edge) { return edge.target == part[0]; });
      if (!loops) continue;
      for (const Index block : part) ++depth_[block];
      // The head is the block entered first: the smallest number, as blocks are in reverse post-order.
      std::vector<Index> inner(part);
      inner.erase(std::min_element(inner.begin(), inner.end()));
      if (!inner.empty()) findLoopsIn(inner, level + 1);
    }
  }

  // Tarjan's algorithm, with a stack of our own.
  std::vector<std::vector<Index>> components(const std::vector<Index>& blocks,
                                             const std::set<Index>& members) const {
    struct Visit {
      Index block;
      std::size_t next = 0;
    };
    std::vector<std::vector<Index>> parts;
    std::vector<Index> number(function_.blocks.size(), kNoIndex), low(function_.blocks.size(), 0);
    std::vector<bool> open(function_.blocks.size());
    std::vector<Index> pending;
    Index next_number = 0;
    for (const Index root : blocks) {
      if (number[root] != kNoIndex) continue;
      std::vector<Visit> stack;
      const auto enter = [&](Index block) {
        number[block] = low[block] = next_number++;
        open[block] = true;
        pending.push_back(block);
        stack.push_back({block});
      };
      enter(root);
      while (!stack.empty()) {
        Visit& top = stack.back();
        const auto& successors = function_.blocks[top.block].successors;
        if (top.next < successors.size()) {
          const Index target = successors[top.next++].target;
          if (!members.count(target)) continue;
          if (number[target] == kNoIndex) {
            enter(target);
          } else if (open[target]) {
            low[top.block] = std::min(low[top.block], number[target]);
          }
          continue;
        }
        const Index block = top.block;
        stack.pop_back();
        if (!stack.empty()) low[stack.back().block] = std::min(low[stack.back().block], low[block]);
        if (low[block] != number[block]) continue;
        std::vector<Index>& part = parts.emplace_back();
        Index member;
        do {
          member = pending.back();
          pending.pop_back();
          open[member] = false;
          part.push_back(member);
        } while (member != block);
      }
    }
    return parts;
  }

  // --- into the unit ---

  facts::PathId movePath(facts::PathId id) {
    if (id == kNoIndex) return id;
    facts::Path path = source_.path(id);
    if (path.root == facts::RootKind::Result) {
      path.index = instruction_ids_[path.index];
      if (path.index == kNoIndex)
        path = {
            .root = facts::RootKind::Unknown, .index = id, .steps = {}, .type = path.type, .text = path.text};
    }
    if (path.root == facts::RootKind::Local || path.root == facts::RootKind::Temporary)
      path.index = moveLocal(path.index);
    for (facts::Step& step : path.steps)
      if (step.kind == facts::StepKind::Element && step.element == facts::ElementKind::Value)
        step.index = moveValue(step.index);
    return target_.add(std::move(path));
  }

  facts::ValueId moveValue(facts::ValueId id) {
    if (id == kNoIndex) return id;
    facts::Value value = source_.value(id);
    switch (value.kind) {
      case facts::ValueKind::AddressOf:
      case facts::ValueKind::Load:
      case facts::ValueKind::Object:
        value.index = movePath(value.index);
        break;
      case facts::ValueKind::Result:
        value.index = instruction_ids_[value.index];
        if (value.index == kNoIndex) value = {};  // of code that is never reached
        break;
      default:
        break;
    }
    value.left = moveValue(value.left);
    value.right = moveValue(value.right);
    return target_.add(value);
  }

  Index moveLocal(Index local) {
    Index& moved = local_ids_[local];
    if (moved == kNoIndex) {
      moved = static_cast<Index>(out_.locals.size());
      out_.locals.push_back(function_.locals[local]);
    }
    return moved;
  }

  facts::Function move() {
    out_ = function_;
    out_.instructions.clear();
    out_.locals.clear();
    local_ids_.assign(function_.locals.size(), kNoIndex);
    instruction_ids_.assign(function_.instructions.size(), kNoIndex);
    Index next = 0;
    for (const facts::Block& block : function_.blocks)
      for (const Index at : block.instructions) instruction_ids_[at] = next++;
    for (facts::Block& block : out_.blocks) {
      for (Index& at : block.instructions) {
        facts::Instruction row = function_.instructions[at];
        row.path = movePath(row.path);
        row.value = moveValue(row.value);
        row.callee = moveValue(row.callee);
        for (facts::ValueId& argument : row.args) argument = moveValue(argument);
        at = instruction_ids_[at];
        out_.instructions.push_back(std::move(row));
      }
      block.condition = moveValue(block.condition);
    }
    return std::move(out_);
  }

  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  Lowering& lowering_;
  facts::Function& function_;
  PlaceTable& source_;
  PlaceTable& target_;
  std::set<std::uint64_t> needed_;
  std::set<facts::ValueId> needed_values_;
  bool changed_ = false;
  std::vector<std::uint32_t> depth_;
  facts::Function out_;
  std::vector<Index> instruction_ids_;
  std::vector<Index> local_ids_;
};

}  // namespace

facts::Function reduce(Lowering& lowering) { return Reducer(lowering).run(); }

}  // namespace gridlock::extract
