// See unit_builder.h.
#include "analyzer/extract/unit_builder.h"

#include "analyzer/facts/hash.h"
#include "clang/AST/Decl.h"
#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace gridlock::extract {
namespace {

// `path` relative to `root`, both absolute and without dots; "../" where it leads out of it.
std::string relativeTo(llvm::StringRef path, llvm::StringRef root) {
  auto at = llvm::sys::path::begin(path), path_end = llvm::sys::path::end(path);
  auto root_at = llvm::sys::path::begin(root), root_end = llvm::sys::path::end(root);
  while (at != path_end && root_at != root_end && *at == *root_at) ++at, ++root_at;
  std::string out;
  for (; root_at != root_end; ++root_at) out += "../";
  for (; at != path_end; ++at) {
    if (!out.empty() && out.back() != '/') out += '/';
    out += at->str();
  }
  return out;
}

bool isInside(llvm::StringRef path, llvm::StringRef folder) {
  if (!path.consume_front(folder)) return false;
  return folder.ends_with("/") || path.starts_with("/");
}

}  // namespace

UnitBuilder::UnitBuilder(clang::ASTContext& context, clang::Preprocessor& preprocessor, std::string root,
                         std::string key, bool preprocessed)
    : context_(context),
      preprocessor_(preprocessor),
      root_(std::move(root)),
      key_(std::move(key)),
      places_(unit_.paths, unit_.values),
      preprocessed_(preprocessed) {
  strings_.try_emplace("", 0);
}

facts::StringId UnitBuilder::string(llvm::StringRef text) {
  const auto [at, is_new] = strings_.try_emplace(text, static_cast<facts::StringId>(unit_.strings.size()));
  if (is_new) unit_.strings.push_back(text.str());
  return at->second;
}

UnitBuilder::FileName UnitBuilder::nameFile(clang::FileID id) {
  const clang::SourceManager& manager = sources();
  const auto entry = manager.getFileEntryRefForID(id);
  if (!entry) return {"<built-in>", true};
  llvm::SmallString<256> path(entry->getFileEntry().tryGetRealPathName());
  llvm::SmallString<256> as_written(entry->getName());
  sources().getFileManager().makeAbsolutePath(as_written);
  llvm::sys::path::remove_dots(as_written, true);
  // Sandboxes of build systems are made of links to the sources, which are outside.
  if (path.empty() || (!isInside(path, root_) && isInside(as_written, root_))) path = as_written;
  return nameOf(std::move(path), manager.isInSystemHeader(manager.getLocForStartOfFile(id)));
}

UnitBuilder::FileName UnitBuilder::nameOf(llvm::SmallString<256> path, bool in_system_header) {
  sources().getFileManager().makeAbsolutePath(path);
  llvm::sys::path::remove_dots(path, true);
  const bool inside = isInside(path, root_);
  const bool system = in_system_header || (!inside && (isInside(path, "/usr") || isInside(path, "/lib")));
  if (system && !inside) {
    const std::string include =
        preprocessor_.getHeaderSearchInfo().suggestPathToFileForDiagnostics(path.str(), "", "");
    return {
        "<" + (llvm::sys::path::is_absolute(include) ? llvm::sys::path::filename(path).str() : include) + ">",
        true};
  }
  return {relativeTo(path, root_), system};
}

facts::FileId UnitBuilder::file(clang::SourceLocation in_file) {
  return preprocessed_ ? presumedFile(in_file) : fileOf(sources().getFileID(in_file));
}

facts::FileId UnitBuilder::fileOf(clang::FileID id) {
  const auto known = files_.find(id);
  if (known != files_.end()) return known->second;
  const FileName name = nameFile(id);
  // A file that is included twice has two FileIDs.
  const auto [at, is_new] =
      files_by_name_.try_emplace(name.name, static_cast<facts::FileId>(unit_.files.size()));
  if (is_new) {
    facts::File& row = unit_.files.emplace_back();
    row.path = string(name.name);
    row.system = name.system;
    if (const auto buffer = sources().getBufferOrNone(id); buffer && !name.system) {
      texts_.emplace_back(at->second, buffer->getBuffer());
      row.content_hash = facts::hashOf(buffer->getBuffer());
    }
  }
  files_[id] = at->second;
  return at->second;
}

facts::FileId UnitBuilder::presumedFile(clang::SourceLocation in_file) {
  const clang::SourceManager& manager = sources();
  const clang::PresumedLoc place = manager.getPresumedLoc(in_file);
  const llvm::StringRef written = place.isValid() ? place.getFilename() : "<built-in>";
  const auto known = presumed_files_.find(written);
  if (known != presumed_files_.end()) return known->second;
  FileName name{written.str(), true};
  llvm::SmallString<256> path(written);
  if (!written.starts_with("<")) {
    llvm::SmallString<256> real;
    if (!llvm::sys::fs::real_path(written, real)) path = real;
    name = nameOf(path, manager.isInSystemHeader(in_file));
  }
  const auto [at, is_new] =
      files_by_name_.try_emplace(name.name, static_cast<facts::FileId>(unit_.files.size()));
  if (is_new) {
    facts::File& row = unit_.files.emplace_back();
    row.path = string(name.name);
    row.system = name.system;
    if (!name.system) {
      if (auto text = llvm::MemoryBuffer::getFile(path)) {
        texts_.emplace_back(at->second, (*text)->getBuffer());
        row.content_hash = facts::hashOf((*text)->getBuffer());
        read_again_.push_back(std::move(*text));
      }
    }
  }
  presumed_files_[written] = at->second;
  return at->second;
}

facts::SiteId UnitBuilder::site(clang::SourceLocation location) {
  if (location.isInvalid()) return facts::kNoIndex;
  const clang::SourceManager& manager = sources();
  const clang::SourceLocation in_file = manager.getFileLoc(location);
  facts::Site row;
  row.file = file(in_file);
  if (preprocessed_) {
    const clang::PresumedLoc place = manager.getPresumedLoc(in_file);
    row.line = place.isValid() ? place.getLine() : 0;
    row.column = place.isValid() ? place.getColumn() : 0;
  } else {
    const auto [file_id, offset] = manager.getDecomposedLoc(in_file);
    row.line = manager.getLineNumber(file_id, offset);
    row.column = manager.getColumnNumber(file_id, offset);
  }
  const std::uint32_t key[] = {row.file, row.line, row.column};
  const auto [at, is_new] = sites_.try_emplace(std::string(reinterpret_cast<const char*>(key), sizeof key),
                                               static_cast<facts::SiteId>(unit_.sites.size()));
  if (is_new) unit_.sites.push_back(row);
  return at->second;
}

std::string UnitBuilder::fileName(clang::SourceLocation location) {
  return text(unit_.files[file(sources().getFileLoc(location))].path);
}

bool UnitBuilder::isSystem(clang::SourceLocation location) {
  if (location.isInvalid()) return true;
  const clang::SourceManager& manager = sources();
  const clang::SourceLocation in_file = manager.getExpansionLoc(location);
  if (manager.isInSystemHeader(in_file)) return true;
  return unit_.files[file(in_file)].system;
}

bool UnitBuilder::isConstantScalar(const clang::VarDecl& variable) {
  const clang::QualType type = variable.getType();
  return type.isConstQualified() && !type.isVolatileQualified() && type->isScalarType() &&
         !type->isAtomicType();
}

}  // namespace gridlock::extract
