// The unit under construction: strings, files, sites, paths and values, each stored once.
//
// It turns source locations into sites: macros count where they are expanded (an argument where it
// is written), files are named relative to the project's root and system headers by how they are
// found, so that facts are free of absolute paths. In source that was preprocessed before (-save-temps),
// line markers say where things stand.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "analyzer/extract/place_table.h"
#include "analyzer/facts/facts.h"
#include "clang/AST/ASTContext.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"

namespace clang {
class Preprocessor;
}

namespace gridlock::extract {

class UnitBuilder {
 public:
  // `root` is the real path of the project's root; `key` names the unit in internal symbols;
  // `preprocessed`: the main file is the output of a preprocessor.
  UnitBuilder(clang::ASTContext& context, clang::Preprocessor& preprocessor, std::string root,
              std::string key, bool preprocessed = false);

  clang::ASTContext& context() const { return context_; }
  const clang::SourceManager& sources() const { return context_.getSourceManager(); }
  const clang::Preprocessor& preprocessor() const { return preprocessor_; }
  bool isPreprocessed() const { return preprocessed_; }
  const std::string& key() const { return key_; }
  facts::Unit& unit() { return unit_; }
  PlaceTable& places() { return places_; }

  facts::StringId string(llvm::StringRef text);
  const std::string& text(facts::StringId id) const { return unit_.strings[id]; }
  facts::SiteId site(clang::SourceLocation location);
  facts::FileId file(clang::SourceLocation in_file);
  // "dir/file.c" of the file a location is in, as facts name it.
  std::string fileName(clang::SourceLocation location);
  // Whether it is in a system header, or in a file of the system outside of the project.
  bool isSystem(clang::SourceLocation location);

  // The project's own files with their text, in the order they were met; without those that are not
  // there any more.
  const std::vector<std::pair<facts::FileId, llvm::StringRef>>& texts() const { return texts_; }

  // Reads of global variables of a constant value are no events.
  static bool isConstantScalar(const clang::VarDecl& variable);

 private:
  struct FileName {
    std::string name;
    bool system = false;
  };
  facts::FileId fileOf(clang::FileID id);
  facts::FileId presumedFile(clang::SourceLocation in_file);
  FileName nameFile(clang::FileID id);
  FileName nameOf(llvm::SmallString<256> path, bool in_system_header);

  clang::ASTContext& context_;
  clang::Preprocessor& preprocessor_;
  std::string root_;
  std::string key_;
  facts::Unit unit_;
  PlaceTable places_;
  llvm::StringMap<facts::StringId> strings_;
  llvm::DenseMap<clang::FileID, facts::FileId> files_;
  llvm::StringMap<facts::FileId> files_by_name_;
  const bool preprocessed_;
  llvm::StringMap<facts::FileId> presumed_files_;
  std::vector<std::unique_ptr<llvm::MemoryBuffer>> read_again_;  // preprocessed: the originals
  std::vector<std::pair<facts::FileId, llvm::StringRef>> texts_;
  std::unordered_map<std::string, facts::SiteId> sites_;
};

}  // namespace gridlock::extract
