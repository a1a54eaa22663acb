// Names of declarations for people and for models: without template arguments, inline or unnamed
// namespaces; `function()::local` for what lives in a function.
#pragma once

#include <string>

#include "clang/AST/Decl.h"

namespace gridlock::extract {

std::string qualifiedName(const clang::NamedDecl& declaration);

// "vector" for a record, "lambda" for a closure, "operator()" …; typedef names for unnamed records.
std::string simpleName(const clang::NamedDecl& declaration);

}  // namespace gridlock::extract
