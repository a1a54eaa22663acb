// Turns one element of Clang's control-flow graph into instructions: accesses, calls, lifetimes.
//
// It appends to Lowering::function().instructions and to `block`; which block that is, and how blocks
// hang together, is the business of events.cpp.
#pragma once

#include "analyzer/extract/lowering.h"
#include "clang/Analysis/CFG.h"

namespace gridlock::extract {

class Instructions {
 public:
  Instructions(Lowering& lowering, const clang::CFG* graph) : lowering_(lowering), graph_(graph) {}

  facts::Index block = 0;  // where to append

  void element(const clang::CFGElement& element);
  void statement(const clang::Stmt& statement);
  // Destructors of what is alive, newest first, as an exception runs them.
  void cleanUp(const std::vector<const clang::VarDecl*>& variables, clang::SourceLocation location);
  void initialise(const clang::VarDecl& variable);

 private:
  facts::Index emit(facts::Instruction instruction, clang::SourceLocation location);
  std::uint32_t accessFlags(clang::QualType type) const;
  void read(const clang::Expr& place, clang::SourceLocation location);
  void write(facts::Path place, clang::QualType type, facts::ValueId value, std::uint32_t flags,
             clang::SourceLocation location);
  std::optional<facts::Index> readWrite(const clang::Expr& place, facts::ValueId value,
                                        clang::SourceLocation location);
  void destroy(facts::Path object, clang::QualType type, clang::SourceLocation location, std::uint32_t flags);
  void gather(const clang::Expr& operand);

  void binary(const clang::BinaryOperator& binary);
  void unary(const clang::UnaryOperator& unary);
  void call(const clang::CallExpr& call);
  void construct(const clang::CXXConstructExpr& construct);
  void inherited(const clang::CXXInheritedCtorInitExpr& from);
  void created(const clang::CXXNewExpr& created);
  void listed(const clang::Expr& list, llvm::ArrayRef<clang::Expr*> values);
  void lambda(const clang::LambdaExpr& lambda);
  void returned(const clang::ReturnStmt& statement);
  void assembly(const clang::GCCAsmStmt& statement);
  void memberInitialiser(const clang::CXXCtorInitializer& initialiser);

  // atomics.cpp
  bool atomicMember(const clang::CallExpr& call);
  bool atomicBuiltin(const clang::CallExpr& call);
  void atomicExpression(const clang::AtomicExpr& atomic);
  struct AtomicAccess {
    facts::InstructionKind kind;
    llvm::StringRef name;  // "atomic_load", …
    std::uint32_t order;   // kInstrAcquire, kInstrRelease
  };
  static std::optional<AtomicAccess> atomicAccess(llvm::StringRef operation,
                                                  std::optional<std::int64_t> order);
  void emitAtomic(const clang::Expr& expression, const AtomicAccess& access, facts::Path place,
                  clang::QualType type, std::vector<facts::ValueId> arguments,
                  clang::SourceLocation location);

  Lowering& lowering_;
  const clang::CFG* graph_;
};

}  // namespace gridlock::extract
