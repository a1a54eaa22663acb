// Types and fields of the unit, each made when it is first needed.
#pragma once

#include <string>

#include "analyzer/extract/unit_builder.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/PrettyPrinter.h"
#include "clang/AST/Type.h"
#include "llvm/ADT/DenseMap.h"

namespace gridlock::extract {

class Types {
 public:
  explicit Types(UnitBuilder& builder);

  facts::TypeId of(clang::QualType type);
  facts::TypeId record(const clang::RecordDecl& record);

  // Fields of system records come into being when they are used, those of others all at once.
  facts::FieldId field(const clang::FieldDecl& field);
  facts::FieldId base(const clang::CXXRecordDecl& derived, const clang::CXXRecordDecl& base);

  // All fields so far, in the order they were made.
  const std::vector<std::pair<const clang::FieldDecl*, facts::FieldId>>& knownFields() const {
    return field_order_;
  }

  // std::atomic<T> and its relatives, whose member calls are accesses.
  static bool isAtomicRecord(const clang::CXXRecordDecl& record);

 private:
  facts::TypeId add(facts::Type type);
  facts::TypeId ofUnqualified(clang::QualType type);
  std::string recordName(const clang::RecordDecl& record);
  static std::string layoutHash(const clang::ASTContext& context, const clang::RecordDecl& record);

  UnitBuilder& builder_;
  clang::PrintingPolicy policy_;
  llvm::DenseMap<const void*, facts::TypeId> types_;
  llvm::DenseMap<const clang::RecordDecl*, facts::TypeId> records_;
  llvm::DenseMap<const clang::FieldDecl*, facts::FieldId> fields_;
  llvm::DenseMap<std::pair<const clang::CXXRecordDecl*, const clang::CXXRecordDecl*>, facts::FieldId> bases_;
  std::vector<std::pair<const clang::FieldDecl*, facts::FieldId>> field_order_;
  llvm::StringMap<unsigned> internal_names_;  // how often one was given
};

}  // namespace gridlock::extract
