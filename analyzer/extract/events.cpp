// See events.h.
//
// Clang's graph has no edges from calls into handlers, and no clean-up on the way of a throw. Both are
// added here: a block is cut before each call of a try block, and gets an edge to a block that runs
// the destructors of what is alive and leads to the handlers. Exceptions that no handler of the
// function takes are left out unless the function throws them itself.
#include "analyzer/extract/events.h"

#include <map>

#include "analyzer/extract/instructions.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/DenseSet.h"

namespace gridlock::extract {
namespace {

clang::CFG::BuildOptions graphOptions() {
  clang::CFG::BuildOptions options;
  options.setAllAlwaysAdd();
  options.PruneTriviallyFalseEdges = true;
  options.AddInitializers = true;
  options.AddImplicitDtors = true;
  options.AddTemporaryDtors = true;
  options.AddLifetime = true;
  options.AddCXXNewAllocator = true;
  options.AddCXXDefaultInitExprInCtors = true;
  options.AddCXXDefaultInitExprInAggregates = true;
  return options;
}

class GraphLowering {
 public:
  GraphLowering(Lowering& lowering, const clang::CFG& graph)
      : lowering_(lowering), function_(lowering.function()), graph_(graph), instructions_(lowering, &graph) {
    for (const clang::CFGBlock* dispatch : graph.try_blocks())
      if (const clang::Stmt* statement = dispatch->getTerminatorStmt()) dispatches_[statement] = dispatch;
  }

  // Appends the graph; gives its first block and the block where it ends.
  std::pair<facts::Index, facts::Index> run() {
    orderBlocks();
    for (const clang::CFGBlock* block : order_) starts_[block] = addBlock();
    for (const clang::CFGBlock* block : order_) lowerBlock(*block);
    return {starts_[&graph_.getEntry()], blockOf(graph_.getExit())};
  }

 private:
  facts::Index addBlock() {
    function_.blocks.emplace_back();
    return static_cast<facts::Index>(function_.blocks.size() - 1);
  }

  facts::Index blockOf(const clang::CFGBlock& block) {
    const auto [at, is_new] = starts_.try_emplace(&block, 0);
    if (is_new) at->second = addBlock();
    return at->second;
  }

  const LiveScope* exceptionOf(const clang::CFGElement& element) const {
    const auto statement = element.getAs<clang::CFGStmt>();
    const clang::Stmt* source = statement ? statement->getStmt() : nullptr;
    if (const auto allocator = element.getAs<clang::CFGNewAllocator>())
      source = allocator->getAllocatorExpr();
    if (!source) return nullptr;
    const auto at = lowering_.plan().live.find(source);
    return at == lowering_.plan().live.end() ? nullptr : &at->second;
  }

  std::vector<const clang::CFGBlock*> successors(const clang::CFGBlock& block) const {
    std::vector<const clang::CFGBlock*> out;
    for (const clang::CFGElement& element : block)
      if (const LiveScope* scope = exceptionOf(element); scope && scope->enclosing_try)
        if (const auto dispatch = dispatches_.find(scope->enclosing_try); dispatch != dispatches_.end())
          out.push_back(dispatch->second);
    for (const clang::CFGBlock::AdjacentBlock& next : block.succs())
      if (const clang::CFGBlock* target = next.getReachableBlock()) out.push_back(target);
    return out;
  }

  // Reverse post-order: a call comes before what uses its result.
  void orderBlocks() {
    struct Visit {
      const clang::CFGBlock* block;
      std::vector<const clang::CFGBlock*> successors;
      std::size_t next = 0;
    };
    llvm::DenseSet<const clang::CFGBlock*> seen;
    std::vector<Visit> stack;
    const auto enter = [&](const clang::CFGBlock* block) {
      if (seen.insert(block).second) stack.push_back({block, successors(*block)});
    };
    enter(&graph_.getEntry());
    while (!stack.empty()) {
      Visit& top = stack.back();
      if (top.next < top.successors.size()) {
        // From the last, so that the first successor ends up right after the block.
        const clang::CFGBlock* next = top.successors[top.successors.size() - 1 - top.next++];
        enter(next);
      } else {
        order_.push_back(top.block);
        stack.pop_back();
      }
    }
    std::reverse(order_.begin(), order_.end());
  }

  void connect(facts::Index from, facts::Index to, facts::EdgeKind kind, std::int64_t number = 0) {
    function_.blocks[from].successors.push_back({.target = to, .kind = kind, .number = number});
  }

  // The block that cleans up and leads to the handlers, or out of the function.
  facts::Index landing(const LiveScope& scope, clang::SourceLocation location) {
    const clang::CFGBlock* target = &graph_.getExit();
    if (scope.enclosing_try)
      if (const auto dispatch = dispatches_.find(scope.enclosing_try); dispatch != dispatches_.end())
        target = dispatch->second;
    if (scope.variables.empty()) return blockOf(*target);
    const auto [at, is_new] = landings_.try_emplace(std::make_pair(target, scope.variables), 0);
    if (is_new) {
      const facts::Index block = addBlock();
      at->second = block;
      const facts::Index current = std::exchange(instructions_.block, block);
      instructions_.cleanUp(scope.variables, location);
      instructions_.block = current;
      connect(block, blockOf(*target), facts::EdgeKind::Exception);
    }
    return at->second;
  }

  void lowerBlock(const clang::CFGBlock& block) {
    instructions_.block = starts_[&block];
    bool thrown = false;
    for (const clang::CFGElement& element : block) {
      const LiveScope* scope = exceptionOf(element);
      const auto statement = element.getAs<clang::CFGStmt>();
      const bool is_throw = statement && llvm::isa<clang::CXXThrowExpr>(statement->getStmt());
      if (scope && scope->enclosing_try && !is_throw && dispatches_.count(scope->enclosing_try)) {
        const facts::Index before = instructions_.block;
        const facts::Index after = addBlock();
        connect(before, landing(*scope, scope->enclosing_try->getTryBlock()->getEndLoc()),
                facts::EdgeKind::Exception);
        connect(before, after, facts::EdgeKind::Always);
        instructions_.block = after;
      }
      instructions_.element(element);
      if (scope && is_throw) {
        connect(instructions_.block, landing(*scope, statement->getStmt()->getBeginLoc()),
                facts::EdgeKind::Exception);
        thrown = true;
      }
    }
    if (!thrown) leave(block);
  }

  void leave(const clang::CFGBlock& block) {
    const facts::Index from = instructions_.block;
    // noreturn functions and longjmp release nothing and reach no exit.
    if (block.hasNoReturnElement()) return;
    const clang::Stmt* terminator = block.getTerminatorStmt();
    const bool is_dispatch = terminator && llvm::isa<clang::CXXTryStmt>(terminator);
    std::vector<const clang::CFGBlock*> targets;
    for (const clang::CFGBlock::AdjacentBlock& next : block.succs())
      targets.push_back(next.getReachableBlock());

    if (is_dispatch) {
      for (const clang::CFGBlock* target : targets)
        if (target && target != &graph_.getExit())
          connect(from, blockOf(*target), facts::EdgeKind::Exception);
      return;
    }
    if (const auto* choice = llvm::dyn_cast_or_null<clang::SwitchStmt>(terminator)) {
      function_.blocks[from].condition = lowering_.value(choice->getCond());
      for (std::size_t at = 0; at < targets.size(); ++at) {
        if (!targets[at]) continue;
        const auto* label = llvm::dyn_cast_or_null<clang::CaseStmt>(targets[at]->getLabel());
        const bool is_last = at + 1 == targets.size();
        if (label && !is_last && !label->getRHS()) {
          const llvm::APSInt number = label->getLHS()->EvaluateKnownConstInt(lowering_.builder().context());
          connect(from, blockOf(*targets[at]), facts::EdgeKind::Case, number.extOrTrunc(64).getSExtValue());
        } else {
          connect(from, blockOf(*targets[at]), facts::EdgeKind::Default);
        }
      }
      return;
    }
    if (targets.size() == 2 && terminator && !llvm::isa<clang::IndirectGotoStmt>(terminator)) {
      const bool is_branch = block.getTerminator().isStmtBranch();
      const clang::Expr* condition = is_branch ? block.getLastCondition() : nullptr;
      if (!condition && is_branch)
        condition = llvm::dyn_cast_or_null<clang::Expr>(block.getTerminatorCondition());
      const bool one_way = !targets[0] || !targets[1];
      // Before the right operand of && and ||: the value if it is not evaluated.
      if (const auto* logical = llvm::dyn_cast<clang::BinaryOperator>(terminator);
          logical && logical->isLogicalOp() && is_branch)
        gatherShortCircuit(*logical, from);
      if (condition && !one_way) function_.blocks[from].condition = lowering_.value(condition);
      const bool tested = condition && !one_way;
      if (targets[0])
        connect(from, blockOf(*targets[0]), tested ? facts::EdgeKind::IfTrue : facts::EdgeKind::Always);
      if (targets[1])
        connect(from, blockOf(*targets[1]), tested ? facts::EdgeKind::IfFalse : facts::EdgeKind::Always);
      return;
    }
    for (const clang::CFGBlock* target : targets)
      if (target) connect(from, blockOf(*target), facts::EdgeKind::Always);
  }

  void gatherShortCircuit(const clang::BinaryOperator& logical, facts::Index block) {
    const auto gathered = lowering_.plan().gathers.find(&logical);
    if (gathered == lowering_.plan().gathers.end()) return;
    facts::Instruction row{.kind = facts::InstructionKind::Assign};
    row.path = lowering_.add(lowering_.temporaryPlace(gathered->second), logical.getType());
    row.value = lowering_.constant(logical.getOpcode() == clang::BO_LOr ? 1 : 0);
    row.site = lowering_.builder().site(logical.getOperatorLoc());
    function_.blocks[block].instructions.push_back(static_cast<facts::Index>(function_.instructions.size()));
    function_.instructions.push_back(std::move(row));
  }

  Lowering& lowering_;
  facts::Function& function_;
  const clang::CFG& graph_;
  Instructions instructions_;
  llvm::DenseMap<const clang::Stmt*, const clang::CFGBlock*> dispatches_;
  std::vector<const clang::CFGBlock*> order_;
  llvm::DenseMap<const clang::CFGBlock*, facts::Index> starts_;
  std::map<std::pair<const clang::CFGBlock*, std::vector<const clang::VarDecl*>>, facts::Index> landings_;
};

std::unique_ptr<clang::CFG> buildGraph(const clang::Decl* declaration, clang::Stmt* body,
                                       clang::ASTContext& context) {
  return clang::CFG::buildCFG(declaration, body, &context, graphOptions());
}

}  // namespace

bool lowerFunction(Lowering& lowering, const clang::FunctionDecl& function, const Plan& plan) {
  lowering.usePlan(plan);
  facts::Function& out = lowering.function();
  for (const clang::ParmVarDecl* parameter : function.parameters()) {
    out.parameter_names.push_back(lowering.builder().string(parameter->getName()));
    out.parameter_types.push_back(lowering.types().of(parameter->getType()));
    out.parameter_address_taken.push_back(plan.address_taken.count(parameter) != 0);
  }
  const std::unique_ptr<clang::CFG> graph =
      buildGraph(&function, function.getBody(), lowering.builder().context());
  if (!graph) return false;
  const auto [entry, exit] = GraphLowering(lowering, *graph).run();
  out.entry = entry;
  out.exit = exit;
  return true;
}

void lowerInitialiser(Lowering& lowering, const clang::VarDecl& variable, const Plan& plan) {
  lowering.usePlan(plan);
  facts::Function& out = lowering.function();
  if (out.blocks.empty()) {
    out.blocks.emplace_back();
    out.entry = out.exit = 0;
  }
  clang::Expr* value = const_cast<clang::Expr*>(variable.getInit());
  const std::unique_ptr<clang::CFG> graph = buildGraph(&variable, value, lowering.builder().context());
  if (!graph) return;
  const auto [entry, exit] = GraphLowering(lowering, *graph).run();
  out.blocks[out.exit].successors.push_back({.target = entry});
  out.exit = exit;
  Instructions instructions(lowering, nullptr);
  instructions.block = exit;
  instructions.initialise(variable);
}

}  // namespace gridlock::extract
