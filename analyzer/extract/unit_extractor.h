// One parsed translation unit to facts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/facts/facts.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/Frontend/FrontendAction.h"

namespace gridlock::extract {

struct UnitOptions {
  std::string root;       // real path of the project's root
  std::string main_file;  // as facts name it: relative to the root
  std::uint64_t flags_hash = 0;
  std::string tool_version;
  bool preprocessed = false;  // the main file is what a preprocessor left
};

// A front end action that fills `unit` at the end of the translation unit. Bodies of functions in
// system headers are not parsed; functions in which one of `errors` stands lose theirs. All arguments
// must outlive the action.
std::unique_ptr<clang::FrontendAction> makeExtractAction(const UnitOptions& options,
                                                         const std::vector<clang::SourceLocation>& errors,
                                                         facts::Unit& unit);

// The same as a consumer, for a compile that has other consumers, too. Then it must not be told to skip
// bodies, and those of system headers are passed over.
std::unique_ptr<clang::ASTConsumer> makeExtractConsumer(clang::CompilerInstance& compiler,
                                                        const UnitOptions& options,
                                                        const std::vector<clang::SourceLocation>& errors,
                                                        facts::Unit& unit);

// "src/a.cpp@1f2e…", the key of internal symbols and types.
std::string unitKey(const UnitOptions& options);

}  // namespace gridlock::extract
