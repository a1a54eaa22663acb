// See names.h.
#include "analyzer/extract/names.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"

namespace gridlock::extract {

std::string simpleName(const clang::NamedDecl& declaration) {
  if (const auto* tag = llvm::dyn_cast<clang::TagDecl>(&declaration)) {
    if (const auto* record = llvm::dyn_cast<clang::CXXRecordDecl>(tag); record && record->isLambda())
      return "lambda";
    if (!tag->getIdentifier()) {
      if (const clang::TypedefNameDecl* named = tag->getTypedefNameForAnonDecl())
        return named->getName().str();
      return "unnamed";
    }
    return tag->getName().str();
  }
  if (const auto* constructor = llvm::dyn_cast<clang::CXXConstructorDecl>(&declaration))
    return simpleName(*constructor->getParent());
  if (const auto* destructor = llvm::dyn_cast<clang::CXXDestructorDecl>(&declaration))
    return "~" + simpleName(*destructor->getParent());
  if (const auto* conversion = llvm::dyn_cast<clang::CXXConversionDecl>(&declaration))
    return conversion->getConversionType()->isBooleanType() ? "operator bool" : "operator conversion";
  return declaration.getDeclName().getAsString();
}

std::string qualifiedName(const clang::NamedDecl& declaration) {
  std::string name = simpleName(declaration);
  const clang::DeclContext* context = declaration.getDeclContext();
  // The function that holds a lambda stands for the lambda's call operator: main()::lambda.
  if (const auto* method = llvm::dyn_cast<clang::CXXMethodDecl>(&declaration);
      method && method->getParent()->isLambda() && method->getOverloadedOperator() == clang::OO_Call)
    return qualifiedName(*method->getParent());
  for (; context && !context->isTranslationUnit(); context = context->getParent()) {
    if (const auto* space = llvm::dyn_cast<clang::NamespaceDecl>(context)) {
      if (space->isInline() || space->isAnonymousNamespace()) continue;
      name = space->getName().str() + "::" + name;
    } else if (const auto* function = llvm::dyn_cast<clang::FunctionDecl>(context)) {
      return qualifiedName(*function) + "()::" + name;
    } else if (const auto* record = llvm::dyn_cast<clang::RecordDecl>(context)) {
      // Unnamed structs within structs have no name to show.
      if (record->getIdentifier() || record->getTypedefNameForAnonDecl() ||
          (llvm::isa<clang::CXXRecordDecl>(record) && llvm::cast<clang::CXXRecordDecl>(record)->isLambda()))
        name = simpleName(*record) + "::" + name;
    }
  }
  return name;
}

}  // namespace gridlock::extract
