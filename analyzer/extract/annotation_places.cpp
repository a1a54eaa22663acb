// See annotation_places.h. Clang takes a thread-safety attribute behind the declarator: behind the name
// and its brackets, behind a method's `const`, before an initialiser or a body.
#include "analyzer/extract/annotation_places.h"

#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/TypeLoc.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/MacroInfo.h"
#include "clang/Lex/Preprocessor.h"

namespace gridlock::extract {
namespace {

const clang::CXXRecordDecl* lockType(clang::QualType type) {
  const clang::CXXRecordDecl* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  if (!record) return nullptr;
  if (record->hasAttr<clang::CapabilityAttr>()) return record;
  return record->isInStdNamespace() && record->getIdentifier() && record->getName() == "mutex" ? record
                                                                                               : nullptr;
}

bool ownsLock(const clang::CXXRecordDecl& record) {
  return std::any_of(record.field_begin(), record.field_end(),
                     [](const clang::FieldDecl* field) { return lockType(field->getType()) != nullptr; });
}

// Behind the last #include before `end` that stands under no condition but the guard of a header.
std::uint32_t behindIncludes(llvm::StringRef text, std::uint32_t end) {
  std::uint32_t found = facts::kNoIndex;
  unsigned depth = 0;
  bool guarded = false, any_directive = false;
  for (std::size_t at = 0; at < text.size() && at < end;) {
    const std::size_t line_end = text.find('\n', at);
    llvm::StringRef line = text.slice(at, line_end).ltrim();
    at = line_end == llvm::StringRef::npos ? text.size() : line_end + 1;
    if (!line.consume_front("#")) continue;
    line = line.ltrim();
    if (line.starts_with("if")) {
      if (!any_directive && line.starts_with("ifndef")) {
        guarded = true;
      } else {
        ++depth;
      }
    } else if (line.starts_with("endif")) {
      depth == 0 ? void(guarded = false) : void(--depth);
    } else if (line.starts_with("include") && depth == 0 && at <= end) {
      found = static_cast<std::uint32_t>(at);
    }
    any_directive = true;
  }
  return found;
}

class PlaceFinder {
 public:
  PlaceFinder(UnitBuilder& builder, Types& types, Symbols& symbols)
      : builder_(builder), types_(types), symbols_(symbols) {}

  void find(const clang::Preprocessor& preprocessor) {
    bool any = false;
    for (std::size_t at = 0; at < types_.knownFields().size(); ++at) {
      const auto [field, id] = types_.knownFields()[at];
      const auto* record = llvm::dyn_cast<clang::CXXRecordDecl>(field->getParent());
      if (!record || record->isLambda() || !ownsLock(*record)) continue;
      any |= add(*field, id, facts::kNoIndex, endOf(*field));
    }
    bool has_global_lock = false;
    for (const auto& [declaration, id] : symbols_.known())
      if (const auto* variable = llvm::dyn_cast<clang::VarDecl>(declaration))
        has_global_lock |= lockType(variable->getType()) && !builder_.isSystem(variable->getLocation());
    for (std::size_t at = 0; at < symbols_.known().size(); ++at) {
      const auto [declaration, id] = symbols_.known()[at];
      if (const auto* function = llvm::dyn_cast<clang::FunctionDecl>(declaration)) {
        const auto* method = llvm::dyn_cast<clang::CXXMethodDecl>(function);
        const bool beside_lock = method && !method->getParent()->isLambda() && ownsLock(*method->getParent());
        if (beside_lock || has_global_lock)
          any |=
              add(*function->getCanonicalDecl(), facts::kNoIndex, id, endOf(*function->getCanonicalDecl()));
      } else if (const auto* variable = llvm::dyn_cast<clang::VarDecl>(declaration);
                 variable && has_global_lock) {
        if (!variable->isStaticLocal())
          any |=
              add(*variable->getCanonicalDecl(), facts::kNoIndex, id, endOf(*variable->getCanonicalDecl()));
      }
    }
    if (any) findMacros(preprocessor);
  }

 private:
  clang::SourceLocation later(clang::SourceLocation a, clang::SourceLocation b) const {
    if (a.isInvalid() || b.isInvalid()) return a.isInvalid() ? b : a;
    return builder_.sources().isBeforeInTranslationUnit(a, b) ? b : a;
  }

  clang::SourceLocation endOf(const clang::DeclaratorDecl& declaration) const {
    if (!declaration.getIdentifier() || !declaration.getTypeSourceInfo()) return {};
    clang::SourceLocation end =
        later(declaration.getLocation(), declaration.getTypeSourceInfo()->getTypeLoc().getEndLoc());
    if (const auto* field = llvm::dyn_cast<clang::FieldDecl>(&declaration); field && field->isBitField())
      end = later(end, field->getBitWidth()->getEndLoc());
    return end;
  }

  clang::SourceLocation endOf(const clang::FunctionDecl& function) const {
    if (function.isImplicit() || !function.getTypeSourceInfo()) return {};
    const clang::FunctionTypeLoc type = function.getFunctionTypeLoc();
    return type ? type.getLocalRangeEnd() : clang::SourceLocation();
  }

  bool add(const clang::NamedDecl& declaration, facts::FieldId field, facts::SymbolId symbol,
           clang::SourceLocation end) {
    if (end.isInvalid() || end.isMacroID() || declaration.getLocation().isMacroID() ||
        builder_.isSystem(declaration.getLocation()))
      return false;
    const clang::SourceManager& manager = builder_.sources();
    const clang::SourceLocation behind =
        clang::Lexer::getLocForEndOfToken(end, 0, manager, builder_.context().getLangOpts());
    if (behind.isInvalid() || behind.isMacroID()) return false;
    facts::AnnotationPlace row;
    row.field = field;
    row.symbol = symbol;
    row.file = builder_.file(behind);
    row.offset = manager.getFileOffset(behind);
    for (const auto& [file, text] : builder_.texts())
      if (file == row.file) row.macros_offset = behindIncludes(text, row.offset);
    builder_.unit().annotation_places.push_back(row);
    return true;
  }

  // The shortest name is the project's own; libraries prefix theirs.
  static void prefer(llvm::StringRef name, llvm::StringRef& best) {
    if (best.empty() || name.size() < best.size() || (name.size() == best.size() && name < best)) best = name;
  }

  void findMacros(const clang::Preprocessor& preprocessor) {
    llvm::StringRef guarded_by, requires_lock;
    const clang::MacroInfo* meaning = nullptr;
    for (const auto& [identifier, state] : preprocessor.macros()) {
      const llvm::StringRef name = identifier->getName();
      const bool guards = name.ends_with("GUARDED_BY") && !name.contains("PT_");
      const bool is_required = (name.ends_with("REQUIRES") || name.ends_with("EXCLUSIVE_LOCKS_REQUIRED")) &&
                               !name.contains("SHARED");
      if (!guards && !is_required) continue;
      const clang::MacroInfo* info = preprocessor.getMacroInfo(identifier);
      if (!info || !info->isFunctionLike()) continue;
      llvm::StringRef& best = guards ? guarded_by : requires_lock;
      prefer(name, best);
      if (guards && best == name) meaning = info;
    }
    facts::AnnotationMacros& macros = builder_.unit().macros;
    macros.guarded_by = builder_.string(guarded_by);
    macros.requires_lock = builder_.string(requires_lock);
    macros.are_empty = meaning && meaning->tokens_empty();
  }

  UnitBuilder& builder_;
  Types& types_;
  Symbols& symbols_;
};

}  // namespace

void addAnnotationPlaces(UnitBuilder& builder, Types& types, Symbols& symbols) {
  // C does not see the fields of its own struct in an attribute; what was preprocessed has no offsets.
  if (!builder.context().getLangOpts().CPlusPlus || builder.isPreprocessed()) return;
  PlaceFinder(builder, types, symbols).find(builder.preprocessor());
}

}  // namespace gridlock::extract
