// Functions and variables with static storage: their identity across units, names and flags.
#pragma once

#include <memory>
#include <string>

#include "analyzer/extract/types.h"
#include "clang/AST/Mangle.h"
#include "llvm/ADT/StringMap.h"

namespace gridlock::extract {

class Symbols {
 public:
  Symbols(UnitBuilder& builder, Types& types);

  facts::SymbolId function(const clang::FunctionDecl& function);
  facts::SymbolId variable(const clang::VarDecl& variable);
  // A function that has no declaration: the operations of atomics ("atomic_load", …), and other builtins.
  facts::SymbolId builtin(llvm::StringRef name);

  // All symbols so far that have a declaration, in the order they were made.
  const std::vector<std::pair<const clang::Decl*, facts::SymbolId>>& known() const { return order_; }

  void markAddressTaken(facts::SymbolId symbol);

 private:
  facts::Linkage linkage(const clang::NamedDecl& declaration) const;
  std::string name(const clang::NamedDecl& declaration, facts::Linkage linkage);

  UnitBuilder& builder_;
  Types& types_;
  clang::ASTNameGenerator names_;
  llvm::DenseMap<const clang::Decl*, facts::SymbolId> symbols_;
  std::vector<std::pair<const clang::Decl*, facts::SymbolId>> order_;
  llvm::StringMap<facts::SymbolId> builtins_;
  llvm::StringMap<unsigned> internal_names_;  // how often one was given
};

}  // namespace gridlock::extract
