// What must be known of a function before its events are read off the control-flow graph.
//
// The graph lists expressions bottom-up; three things come from above: where an object is built
// (its *destination*: a variable, a member, a temporary, `new` memory), where the value of a
// conditional expression is gathered, and which variables with destructors are alive when an
// exception leaves (Clang's graph has no clean-up on those ways). One walk over the body finds
// them, and which locals have their address taken.
#pragma once

#include <deque>
#include <vector>

#include "clang/AST/Decl.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/Expr.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace gridlock::extract {

// Where an object is built.
struct Destination {
  enum class Kind { Variable, Temporary, Allocation, This, Field, Base, Element } kind = Kind::Temporary;
  const clang::VarDecl* variable = nullptr;
  unsigned temporary = 0;  // Plan::temporaries
  const clang::CXXNewExpr* allocation = nullptr;
  const clang::FieldDecl* field = nullptr;
  const clang::CXXRecordDecl* derived = nullptr;  // Base: of `parent`
  const clang::CXXRecordDecl* base = nullptr;
  unsigned element = 0;
  const Destination* parent = nullptr;  // Field, Base, Element
};

struct Temporary {
  enum class Kind { FullExpression, Extended, Returned, Gathered, Exception } kind = Kind::FullExpression;
  const clang::Expr* expression = nullptr;
  clang::QualType type;
};

struct LiveScope {
  const clang::CXXTryStmt* enclosing_try = nullptr;  // the innermost; none: leaves the function
  std::vector<const clang::VarDecl*> variables;      // with destructors, since then, oldest first
};

struct Plan {
  llvm::DenseMap<const clang::Expr*, const Destination*> destinations;
  std::deque<Temporary> temporaries;
  // Operand of ?:, && or || (without parentheses) to the temporaries that take its value.
  llvm::DenseMap<const clang::Expr*, std::vector<unsigned>> gathered_at;
  llvm::DenseMap<const clang::Expr*, unsigned> gathers;  // the ?:, && or || itself
  llvm::DenseMap<const clang::Stmt*, LiveScope> live;    // throws, and calls within a try block
  llvm::DenseSet<const clang::VarDecl*> address_taken;
  // Temporaries that never exist: what is copied from them is built in place.
  llvm::DenseSet<const clang::CXXBindTemporaryExpr*> elided;
  std::vector<const clang::LambdaExpr*> lambdas;
  bool has_errors = false;

  std::deque<Destination> storage;
};

// The temporary that an elided copy (before C++17) is written to copy from; null for other constructions.
const clang::MaterializeTemporaryExpr* elidedSource(const clang::CXXConstructExpr& construct);

Plan planFunction(const clang::FunctionDecl& function, const clang::ASTContext& context);
Plan planInitialiser(const clang::VarDecl& variable, const clang::ASTContext& context);

}  // namespace gridlock::extract
