// The state of one function while it is turned into facts, and the two translations that everything
// else uses: expressions to places (access_path.cpp) and to values (pointer_flow.cpp).
//
// Both are pure in the sense that they emit nothing; events.cpp walks the control-flow graph, emits
// instructions in order and records which instruction an expression's result is. Paths and values are
// local to the function until `reduce` moves what is needed into the unit.
#pragma once

#include <optional>
#include <string>

#include "analyzer/extract/place_table.h"
#include "analyzer/extract/plan.h"
#include "analyzer/extract/symbols.h"
#include "analyzer/extract/types.h"
#include "analyzer/extract/unit_builder.h"

namespace gridlock::extract {

class Lowering {
 public:
  // `function` is null for initialisers of variables with static storage.
  Lowering(UnitBuilder& builder, Types& types, Symbols& symbols, const clang::FunctionDecl* function);
  Lowering(const Lowering&) = delete;

  // Another plan: each initialiser of a static has its own.
  void usePlan(const Plan& plan);
  const Plan& plan() const { return *plan_; }
  const clang::FunctionDecl* declaration() const { return declaration_; }

  facts::Function& function() { return function_; }
  PlaceTable& places() { return places_; }
  UnitBuilder& builder() { return builder_; }
  Types& types() { return types_; }
  Symbols& symbols() { return symbols_; }

  // --- places: access_path.cpp ---
  std::optional<facts::Path> partOfPair(const clang::BindingDecl& binding);
  facts::Path place(const clang::Expr* expression);     // of a glvalue or an object
  facts::Path placeOf(const clang::VarDecl& variable);  // what the name denotes
  facts::Path slotOf(const clang::VarDecl& variable);   // references: the reference itself
  facts::Path placeOf(const Destination& destination);
  facts::Path temporaryPlace(unsigned temporary);
  facts::Path thisObject();  // *this
  facts::Path pointee(facts::ValueId pointer);
  facts::Path fieldOf(facts::Path object,
                      const clang::FieldDecl& field);  // through a reference, if it is one
  facts::Path fieldSlot(facts::Path object, const clang::FieldDecl& field);
  facts::Path baseOf(facts::Path object, const clang::CXXRecordDecl& derived,
                     const clang::CXXRecordDecl& base);
  facts::PathId add(facts::Path path, clang::QualType type);
  facts::PathId path(const clang::Expr* expression) { return add(place(expression), expression->getType()); }
  // A local or parameter whose address stays home: touching it is no event.
  bool isPrivate(const facts::Path& path) const;

  // --- values: pointer_flow.cpp ---
  facts::ValueId value(const clang::Expr* expression);
  // What an initialised reference, or an argument for a reference parameter, is bound to.
  facts::ValueId binding(const clang::Expr* expression);
  facts::ValueId argument(const clang::Expr* expression) {
    return expression->isGLValue() ? binding(expression) : value(expression);
  }
  facts::ValueId unknown() { return places_.add(facts::Value{}); }
  facts::ValueId constant(std::int64_t number);
  facts::ValueId addressOf(facts::Path path, clang::QualType type);
  facts::ValueId load(facts::Path path, clang::QualType type);
  facts::ValueId object(facts::Path path, clang::QualType type);
  facts::ValueId result(facts::Index instruction);
  facts::ValueId functionValue(const clang::FunctionDecl& function, bool is_callee);
  facts::ValueId compare(facts::CompareOp op, facts::ValueId left, facts::ValueId right);
  std::optional<std::int64_t> constantOf(const clang::Expr* expression) const;

  // The instruction whose result an expression is (calls, allocations, read-modify-writes).
  void setResult(const clang::Expr* expression, facts::Index instruction) {
    results_[expression] = instruction;
  }
  std::optional<facts::Index> resultOf(const clang::Expr* expression) const;

 private:
  facts::Index localIndex(const clang::VarDecl& variable);
  facts::Path unknownPlace(const clang::Expr* expression);
  void append(facts::Path& path, facts::Step step);
  facts::Step elementStep(const clang::Expr* index, bool negative);
  facts::Path subscript(const clang::ArraySubscriptExpr& expression);
  facts::Path castPlace(const clang::CastExpr& cast);
  facts::ValueId castValue(const clang::CastExpr& cast);
  facts::ValueId binaryValue(const clang::BinaryOperator& binary);
  facts::ValueId pointerArithmetic(const clang::Expr* pointer, const clang::Expr* offset, bool negative);
  facts::ValueId callValue(const clang::CallExpr& call);
  std::string text(const facts::Path& path);

  UnitBuilder& builder_;
  Types& types_;
  Symbols& symbols_;
  const clang::FunctionDecl* declaration_;
  facts::Function function_;
  std::vector<facts::Path> paths_;
  std::vector<facts::Value> values_;
  PlaceTable places_{paths_, values_};
  const Plan* plan_ = nullptr;
  llvm::DenseMap<const clang::VarDecl*, facts::Index> locals_;
  std::vector<facts::Index> temporaries_;  // of the plan, to locals
  llvm::DenseMap<const clang::Expr*, facts::Index> results_;
  llvm::DenseMap<const clang::Expr*, facts::Index> unknowns_;
  facts::Index next_unknown_ = 0;
  llvm::DenseMap<const clang::ValueDecl*, clang::FieldDecl*> captures_;
  clang::FieldDecl* this_capture_ = nullptr;
};

// std::move, std::forward and their kind: the argument by another name.
bool isTransparentCall(const clang::CallExpr& call);

}  // namespace gridlock::extract
