// See attributes.h. Arguments that are no place ("mu_", "&lock", "!mu") are left out.
#include "analyzer/extract/attributes.h"

#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"

namespace gridlock::extract {
namespace {

using facts::AttributeKind;

class AttributeReader {
 public:
  AttributeReader(UnitBuilder& builder, Types& types, Symbols& symbols)
      : builder_(builder), types_(types), symbols_(symbols) {}

  void read(const clang::NamedDecl& declaration, facts::FieldId field, facts::SymbolId symbol) {
    for (const clang::Attr* attribute : declaration.attrs()) {
      facts::Attribute row;
      row.field = field;
      row.symbol = symbol;
      if (!fill(*attribute, row)) continue;
      row.site = builder_.site(attribute->getLocation());
      builder_.unit().attributes.push_back(std::move(row));
    }
  }

 private:
  template <typename Attribute>
  void arguments(const Attribute& attribute, facts::Attribute& row) {
    for (const clang::Expr* argument : attribute.args()) add(argument, row);
  }

  void add(const clang::Expr* argument, facts::Attribute& row) {
    if (!argument) return;
    if (std::optional<facts::Path> path = place(argument)) {
      path->type = types_.of(argument->getType());
      row.arguments.push_back(builder_.places().add(std::move(*path)));
    }
  }

  bool fill(const clang::Attr& any, facts::Attribute& row) {
    if (const auto* a = llvm::dyn_cast<clang::GuardedByAttr>(&any)) {
      row.kind = AttributeKind::GuardedBy;
      add(a->getArg(), row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::PtGuardedByAttr>(&any)) {
      row.kind = AttributeKind::PtGuardedBy;
      add(a->getArg(), row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::AcquiredBeforeAttr>(&any)) {
      row.kind = AttributeKind::AcquiredBefore;
      arguments(*a, row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::AcquiredAfterAttr>(&any)) {
      row.kind = AttributeKind::AcquiredAfter;
      arguments(*a, row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::RequiresCapabilityAttr>(&any)) {
      row.kind = a->isShared() ? AttributeKind::RequiresShared : AttributeKind::Requires;
      arguments(*a, row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::AcquireCapabilityAttr>(&any)) {
      row.kind = a->isShared() ? AttributeKind::AcquireShared : AttributeKind::Acquire;
      arguments(*a, row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::ReleaseCapabilityAttr>(&any)) {
      row.kind = a->isGeneric()  ? AttributeKind::ReleaseGeneric
                 : a->isShared() ? AttributeKind::ReleaseShared
                                 : AttributeKind::Release;
      arguments(*a, row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::TryAcquireCapabilityAttr>(&any)) {
      row.kind = a->isShared() ? AttributeKind::TryAcquireShared : AttributeKind::TryAcquire;
      arguments(*a, row);
      success(a->getSuccessValue(), row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::ExclusiveTrylockFunctionAttr>(&any)) {
      row.kind = AttributeKind::TryAcquire;
      arguments(*a, row);
      success(a->getSuccessValue(), row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::SharedTrylockFunctionAttr>(&any)) {
      row.kind = AttributeKind::TryAcquireShared;
      arguments(*a, row);
      success(a->getSuccessValue(), row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::LocksExcludedAttr>(&any)) {
      row.kind = AttributeKind::Excludes;
      arguments(*a, row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::AssertCapabilityAttr>(&any)) {
      row.kind = a->isShared() ? AttributeKind::AssertSharedCapability : AttributeKind::AssertCapability;
      arguments(*a, row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::AssertExclusiveLockAttr>(&any)) {
      row.kind = AttributeKind::AssertCapability;
      arguments(*a, row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::AssertSharedLockAttr>(&any)) {
      row.kind = AttributeKind::AssertSharedCapability;
      arguments(*a, row);
      return true;
    }
    if (const auto* a = llvm::dyn_cast<clang::LockReturnedAttr>(&any)) {
      row.kind = AttributeKind::LockReturned;
      add(a->getArg(), row);
      return true;
    }
    row.kind = AttributeKind::NoAnalysis;
    return llvm::isa<clang::NoThreadSafetyAnalysisAttr>(any);
  }

  void success(const clang::Expr* value, facts::Attribute& row) {
    clang::Expr::EvalResult result;
    if (value && !value->isValueDependent() && value->EvaluateAsInt(result, builder_.context()))
      row.success = result.Val.getInt().getExtValue();
  }

  // The place an argument names, seen from the declaration.
  std::optional<facts::Path> place(const clang::Expr* expression) {
    expression = expression->IgnoreParenImpCasts();
    if (const auto* unary = llvm::dyn_cast<clang::UnaryOperator>(expression)) {
      if (unary->getOpcode() == clang::UO_AddrOf || unary->getOpcode() == clang::UO_LNot)
        return place(unary->getSubExpr());
      if (unary->getOpcode() != clang::UO_Deref) return std::nullopt;
      std::optional<facts::Path> path = place(unary->getSubExpr());
      if (path) path->steps.push_back({.kind = facts::StepKind::Deref});
      return path;
    }
    if (const auto* call = llvm::dyn_cast<clang::CXXOperatorCallExpr>(expression);
        call && call->getNumArgs() == 1)
      return place(call->getArg(0));  // !mu of a class
    if (llvm::isa<clang::CXXThisExpr>(expression)) return facts::Path{.root = facts::RootKind::This};
    if (const auto* member = llvm::dyn_cast<clang::MemberExpr>(expression)) {
      const auto* field = llvm::dyn_cast<clang::FieldDecl>(member->getMemberDecl());
      if (!field) {
        const auto* variable = llvm::dyn_cast<clang::VarDecl>(member->getMemberDecl());
        if (!variable) return std::nullopt;
        return facts::Path{.root = facts::RootKind::Global, .index = symbols_.variable(*variable)};
      }
      std::optional<facts::Path> path = place(member->getBase());
      if (!path) return std::nullopt;
      if (member->isArrow()) path->steps.push_back({.kind = facts::StepKind::Deref});
      return withField(std::move(*path), *field);
    }
    if (const auto* reference = llvm::dyn_cast<clang::DeclRefExpr>(expression)) {
      if (const auto* parameter = llvm::dyn_cast<clang::ParmVarDecl>(reference->getDecl())) {
        facts::Path path{.root = facts::RootKind::Parameter, .index = parameter->getFunctionScopeIndex()};
        if (parameter->getType()->isReferenceType()) path.steps.push_back({.kind = facts::StepKind::Deref});
        return path;
      }
      if (const auto* variable = llvm::dyn_cast<clang::VarDecl>(reference->getDecl());
          variable && variable->hasGlobalStorage())
        return facts::Path{.root = facts::RootKind::Global, .index = symbols_.variable(*variable)};
      // Attributes name fields without an object.
      if (const auto* field = llvm::dyn_cast<clang::FieldDecl>(reference->getDecl())) {
        facts::Path path{.root = facts::RootKind::This};
        path.steps.push_back({.kind = facts::StepKind::Deref});
        return withField(std::move(path), *field);
      }
    }
    return std::nullopt;
  }

  facts::Path withField(facts::Path path, const clang::FieldDecl& field) {
    path.steps.push_back({.kind = facts::StepKind::Field, .index = types_.field(field)});
    if (field.getType()->isReferenceType()) path.steps.push_back({.kind = facts::StepKind::Deref});
    return path;
  }

  UnitBuilder& builder_;
  Types& types_;
  Symbols& symbols_;
};

}  // namespace

void addAttributes(UnitBuilder& builder, Types& types, Symbols& symbols) {
  AttributeReader reader(builder, types, symbols);
  // Reading may make new fields and symbols, hence no iterators.
  for (std::size_t at = 0; at < types.knownFields().size(); ++at) {
    const auto [field, id] = types.knownFields()[at];
    reader.read(*field, id, facts::kNoIndex);
  }
  for (std::size_t at = 0; at < symbols.known().size(); ++at) {
    const auto [declaration, id] = symbols.known()[at];
    reader.read(*llvm::cast<clang::NamedDecl>(declaration->getMostRecentDecl()), facts::kNoIndex, id);
  }
}

}  // namespace gridlock::extract
