// See symbols.h. USRs are no identities across units (static functions of files of one name collide,
// lambdas share one), hence mangled names, with the unit's key and an ordinal for internal ones.
#include "analyzer/extract/symbols.h"

#include "analyzer/extract/names.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclTemplate.h"

namespace gridlock::extract {

Symbols::Symbols(UnitBuilder& builder, Types& types)
    : builder_(builder), types_(types), names_(builder.context()) {}

facts::Linkage Symbols::linkage(const clang::NamedDecl& declaration) const {
  // What lives in a function is as visible as the function: static locals and lambdas of inline
  // functions are shared, those of others belong to the unit.
  const clang::DeclContext* context = declaration.getDeclContext();
  for (; context && !context->isTranslationUnit(); context = context->getParent()) {
    if (const auto* outer = llvm::dyn_cast<clang::FunctionDecl>(context)) {
      if (llvm::isa<clang::VarDecl>(declaration) &&
          llvm::cast<clang::VarDecl>(declaration).isLocalExternDecl())
        break;
      if (llvm::isa<clang::FunctionDecl>(declaration) &&
          llvm::cast<clang::FunctionDecl>(declaration).isLocalExternDecl())
        break;
      return linkage(*outer) == facts::Linkage::Weak ? facts::Linkage::Weak : facts::Linkage::Internal;
    }
  }
  if (!declaration.isExternallyVisible()) return facts::Linkage::Internal;
  if (const auto* function = llvm::dyn_cast<clang::FunctionDecl>(&declaration)) {
    if (function->isInlined() || function->isTemplateInstantiation() || function->isImplicit() ||
        function->hasAttr<clang::WeakAttr>())
      return facts::Linkage::Weak;
  } else if (const auto* variable = llvm::dyn_cast<clang::VarDecl>(&declaration)) {
    if (variable->isInline() || variable->hasAttr<clang::WeakAttr>() ||
        clang::isTemplateInstantiation(variable->getTemplateSpecializationKind()))
      return facts::Linkage::Weak;
  }
  return facts::Linkage::External;
}

std::string Symbols::name(const clang::NamedDecl& declaration, facts::Linkage linkage) {
  std::string out;
  const bool is_c = !builder_.context().getLangOpts().CPlusPlus;
  const auto* method = llvm::dyn_cast<clang::CXXMethodDecl>(&declaration);
  const auto* outer = llvm::dyn_cast<clang::FunctionDecl>(declaration.getDeclContext());
  if (method && method->getParent()->isLambda() && linkage == facts::Linkage::Internal) {
    // Without a mangling number all lambdas of a function mangle alike; the ordinal below tells them apart.
    out = builder_.text(builder_.unit().types[types_.record(*method->getParent())].name);
    const std::string prefix = builder_.key() + ":";
    if (out.starts_with(prefix)) out.erase(0, prefix.size());
    out += "::" + simpleName(declaration);
  } else if (is_c && linkage == facts::Linkage::Internal && outer) {
    out = builder_.text(builder_.unit().symbols[function(*outer)].name);
    const std::string prefix = builder_.key() + ":";
    if (out.starts_with(prefix)) out.erase(0, prefix.size());
    out += "::" + simpleName(declaration);
  } else {
    out = names_.getName(&declaration);
    if (out.empty()) out = qualifiedName(declaration);
  }
  if (linkage != facts::Linkage::Internal) return out;
  out = builder_.key() + ":" + out;
  const unsigned ordinal = internal_names_[out]++;
  return ordinal == 0 ? out : out + "#" + std::to_string(ordinal);
}

facts::SymbolId Symbols::function(const clang::FunctionDecl& any) {
  const clang::FunctionDecl* canonical = any.getCanonicalDecl();
  if (const auto known = symbols_.find(canonical); known != symbols_.end()) return known->second;
  const clang::FunctionDecl* definition = any.getDefinition();
  const clang::FunctionDecl& function = definition ? *definition : *any.getMostRecentDecl();

  facts::Symbol row;
  row.kind = facts::SymbolKind::Function;
  row.linkage = linkage(function);
  row.name = builder_.string(name(function, row.linkage));
  row.qualified = builder_.string(qualifiedName(function));
  row.display = row.qualified;
  const bool system = builder_.isSystem(function.getLocation());
  const auto set = [&row](bool condition, facts::SymbolFlag flag) {
    if (condition) row.flags |= flag;
  };
  set(definition != nullptr && !system, facts::kSymbolDefined);
  set(system, facts::kSymbolSystem);
  set(function.isNoReturn(), facts::kSymbolNoReturn);
  set(function.isVariadic(), facts::kSymbolVariadic);
  set(function.isOverloadedOperator(), facts::kSymbolOperator);
  set(function.isImplicit() || function.isDefaulted(), facts::kSymbolImplicit);
  if (const auto* method = llvm::dyn_cast<clang::CXXMethodDecl>(&function)) {
    set(method->isInstance(), facts::kSymbolMethod);
    set(method->isStatic(), facts::kSymbolStaticMethod);
    set(method->isConst(), facts::kSymbolConst);
    set(method->isVirtual(), facts::kSymbolVirtual);
    set(method->isCopyAssignmentOperator() || method->isMoveAssignmentOperator(), facts::kSymbolAssignment);
    set(llvm::isa<clang::CXXDestructorDecl>(method), facts::kSymbolDestructor);
    if (const auto* constructor = llvm::dyn_cast<clang::CXXConstructorDecl>(method)) {
      set(true, facts::kSymbolConstructor);
      set(constructor->isCopyConstructor(), facts::kSymbolCopyConstructor);
      set(constructor->isMoveConstructor(), facts::kSymbolMoveConstructor);
    }
  }
  const clang::FunctionDecl* first = function.getFirstDecl();
  const clang::SourceManager& manager = builder_.sources();
  set(row.linkage != facts::Linkage::Internal && !system &&
          (!manager.isInMainFile(manager.getExpansionLoc(first->getLocation())) ||
           (function.hasAttr<clang::VisibilityAttr>() &&
            function.getAttr<clang::VisibilityAttr>()->getVisibility() == clang::VisibilityAttr::Default)),
      facts::kSymbolExported);
  if (!system) row.declared = builder_.site(function.getLocation());

  const auto id = static_cast<facts::SymbolId>(builder_.unit().symbols.size());
  symbols_[canonical] = id;
  order_.emplace_back(canonical, id);
  builder_.unit().symbols.push_back(row);

  // Types and overridden methods may lead back to this symbol.
  row.type = types_.of(function.getReturnType());
  if (const auto* method = llvm::dyn_cast<clang::CXXMethodDecl>(&function)) {
    row.parent = types_.record(*method->getParent());
    for (const clang::CXXMethodDecl* overridden : method->overridden_methods())
      row.overrides.push_back(this->function(*overridden));
  }
  for (const clang::ParmVarDecl* parameter : function.parameters())
    row.params.push_back(types_.of(parameter->getType()));
  if (const clang::TemplateArgumentList* arguments = function.getTemplateSpecializationArgs()) {
    for (const clang::TemplateArgument& argument : arguments->asArray()) {
      if (argument.getKind() == clang::TemplateArgument::Type) {
        row.arguments.push_back(types_.of(argument.getAsType()));
      } else if (argument.getKind() == clang::TemplateArgument::Pack) {
        for (const clang::TemplateArgument& element : argument.pack_elements())
          if (element.getKind() == clang::TemplateArgument::Type)
            row.arguments.push_back(types_.of(element.getAsType()));
      }
    }
  }
  row.flags |= builder_.unit().symbols[id].flags;
  builder_.unit().symbols[id] = std::move(row);
  return id;
}

facts::SymbolId Symbols::variable(const clang::VarDecl& any) {
  const clang::VarDecl* canonical = any.getCanonicalDecl();
  if (const auto known = symbols_.find(canonical); known != symbols_.end()) return known->second;
  const clang::VarDecl* definition = any.getDefinition();
  const clang::VarDecl& variable = definition ? *definition : *any.getMostRecentDecl();

  facts::Symbol row;
  row.kind = facts::SymbolKind::Variable;
  row.linkage = linkage(variable);
  row.name = builder_.string(name(variable, row.linkage));
  const std::string qualified = qualifiedName(variable);
  row.qualified = builder_.string(qualified);
  const bool system = builder_.isSystem(variable.getLocation());
  const bool in_file = row.linkage == facts::Linkage::Internal && !variable.isStaticLocal() &&
                       !variable.isStaticDataMember() && !system;
  row.display =
      in_file ? builder_.string(builder_.fileName(variable.getLocation()) + ":" + qualified) : row.qualified;
  const auto set = [&row](bool condition, facts::SymbolFlag flag) {
    if (condition) row.flags |= flag;
  };
  // A tentative definition of C is one, too.
  set((definition || variable.hasDefinition(builder_.context()) != clang::VarDecl::DeclarationOnly) &&
          !system,
      facts::kSymbolDefined);
  set(system, facts::kSymbolSystem);
  set(variable.getTLSKind() != clang::VarDecl::TLS_None, facts::kSymbolThreadLocal);
  set(variable.getType().isConstQualified(), facts::kSymbolConst);
  set(variable.isStaticLocal(), facts::kSymbolStaticLocal);
  const clang::SourceManager& manager = builder_.sources();
  set(row.linkage != facts::Linkage::Internal && !system &&
          !manager.isInMainFile(manager.getExpansionLoc(variable.getFirstDecl()->getLocation())),
      facts::kSymbolExported);
  if (!system) row.declared = builder_.site(variable.getLocation());

  const auto id = static_cast<facts::SymbolId>(builder_.unit().symbols.size());
  symbols_[canonical] = id;
  order_.emplace_back(canonical, id);
  builder_.unit().symbols.push_back(row);
  row.type = types_.of(variable.getType());
  if (variable.isStaticDataMember())
    if (const auto* parent = llvm::dyn_cast<clang::RecordDecl>(variable.getDeclContext()))
      row.parent = types_.record(*parent);
  builder_.unit().symbols[id] = std::move(row);
  return id;
}

facts::SymbolId Symbols::builtin(llvm::StringRef name) {
  const auto [at, is_new] =
      builtins_.try_emplace(name, static_cast<facts::SymbolId>(builder_.unit().symbols.size()));
  if (is_new) {
    facts::Symbol row;
    row.flags = facts::kSymbolSystem;
    row.name = row.qualified = row.display = builder_.string(name);
    builder_.unit().symbols.push_back(std::move(row));
  }
  return at->second;
}

void Symbols::markAddressTaken(facts::SymbolId symbol) {
  builder_.unit().symbols[symbol].flags |= facts::kSymbolAddressTaken;
}

}  // namespace gridlock::extract
