// See unit_extractor.h. Definitions are taken in the order of the source, so that facts are
// deterministic; those in system headers are left out.
#include "analyzer/extract/unit_extractor.h"

#include "analyzer/extract/annotation_places.h"
#include "analyzer/extract/attributes.h"
#include "analyzer/extract/events.h"
#include "analyzer/extract/nolint.h"
#include "analyzer/extract/reduce.h"
#include "analyzer/facts/content_hash.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Frontend/CompilerInstance.h"
#include "llvm/ADT/StringExtras.h"

namespace gridlock::extract {
namespace {

// All definitions of functions and of variables with static storage outside of system headers.
class Collector : public clang::RecursiveASTVisitor<Collector> {
 public:
  Collector(UnitBuilder& builder) : builder_(builder) {}

  bool shouldVisitTemplateInstantiations() const { return true; }
  bool shouldVisitImplicitCode() const { return true; }
  bool shouldWalkTypesOfTypeLocs() const { return false; }

  bool TraverseTypeLoc(clang::TypeLoc) { return true; }
  bool TraverseNestedNameSpecifierLoc(clang::NestedNameSpecifierLoc) { return true; }

  bool TraverseDecl(clang::Decl* declaration) {
    if (declaration &&
        !llvm::isa<clang::TranslationUnitDecl, clang::NamespaceDecl, clang::LinkageSpecDecl>(declaration) &&
        declaration->getLocation().isValid() && builder_.isSystem(declaration->getLocation()))
      return true;
    return RecursiveASTVisitor::TraverseDecl(declaration);
  }

  bool VisitFunctionDecl(clang::FunctionDecl* function) {
    add(function);
    return true;
  }

  bool VisitLambdaExpr(clang::LambdaExpr* lambda) {
    const clang::CXXRecordDecl* closure = lambda->getLambdaClass();
    if (closure->isDependentContext()) return true;
    lambdas.push_back(lambda);
    if (clang::FunctionTemplateDecl* generic = closure->getDependentLambdaCallOperator()) {
      for (clang::FunctionDecl* specialised : generic->specializations()) {
        add(specialised);
        if (specialised->hasBody()) TraverseStmt(specialised->getBody());
      }
    } else if (clang::CXXMethodDecl* operation = closure->getLambdaCallOperator()) {
      add(operation);
    }
    return true;
  }

  bool VisitVarDecl(clang::VarDecl* variable) {
    if (!variable->hasGlobalStorage() || !variable->hasInit() || variable->isInvalidDecl()) return true;
    if (variable->getDeclContext()->isDependentContext() || variable->getType()->isDependentType() ||
        variable->getInit()->isValueDependent() || variable->getInit()->isTypeDependent() ||
        variable->getInit()->containsErrors())
      return true;
    if (variable->getDescribedVarTemplate() || variable->isInitCapture()) return true;
    variables.push_back(variable);
    return true;
  }

  // Concept requirements and the like are not evaluated.
  bool TraverseConceptDecl(clang::ConceptDecl*) { return true; }

  std::vector<clang::FunctionDecl*> functions;
  std::vector<clang::VarDecl*> variables;
  std::vector<clang::LambdaExpr*> lambdas;

 private:
  void add(clang::FunctionDecl* function) {
    if (function->isDependentContext() || !function->doesThisDeclarationHaveABody() ||
        function->hasSkippedBody())
      return;
    if (function->isConsteval()) return;
    if (seen_.insert(function).second) functions.push_back(function);
  }

  UnitBuilder& builder_;
  llvm::DenseSet<const clang::FunctionDecl*> seen_;
};

class Consumer : public clang::ASTConsumer {
 public:
  Consumer(clang::CompilerInstance& compiler, const UnitOptions& options,
           const std::vector<clang::SourceLocation>& errors, facts::Unit& unit)
      : compiler_(compiler), options_(options), errors_(errors), unit_(unit) {}

  bool shouldSkipFunctionBody(clang::Decl* declaration) override {
    return compiler_.getSourceManager().isInSystemHeader(declaration->getLocation());
  }

  void HandleTranslationUnit(clang::ASTContext& context) override {
    UnitBuilder builder(context, compiler_.getPreprocessor(), options_.root, unitKey(options_),
                        options_.preprocessed);
    Types types(builder);
    Symbols symbols(builder, types);
    builder.unit().tool_version = options_.tool_version;
    builder.unit().flags_hash = options_.flags_hash;
    builder.unit().main_file = builder.string(options_.main_file);
    const clang::SourceManager& manager = context.getSourceManager();
    builder.file(manager.getLocForEndOfFile(manager.getMainFileID()));

    Collector collector(builder);
    collector.TraverseDecl(context.getTranslationUnitDecl());
    for (const clang::FunctionDecl* function : collector.functions) lower(builder, types, symbols, *function);
    for (const clang::LambdaExpr* lambda : collector.lambdas) addInvoker(builder, types, symbols, *lambda);
    linkLambdas(builder.unit());
    initialiseStatics(builder, types, symbols, collector.variables);
    addAttributes(builder, types, symbols);
    addAnnotationPlaces(builder, types, symbols);
    addNolints(builder);
    facts::fillContentHashes(builder.unit());
    const std::vector<std::string> errors = std::move(unit_.errors);
    unit_ = std::move(builder.unit());
    unit_.errors = errors;
  }

 private:
  // What the parser gave up leaves no trace in the body.
  bool hasErrorIn(const clang::FunctionDecl& function, const clang::SourceManager& manager) const {
    const clang::SourceRange range = function.getSourceRange();
    const clang::SourceLocation begin = manager.getExpansionLoc(range.getBegin());
    const clang::SourceLocation end = manager.getExpansionLoc(range.getEnd());
    return std::any_of(errors_.begin(), errors_.end(), [&](clang::SourceLocation error) {
      return error.isValid() && manager.isPointWithin(manager.getExpansionLoc(error), begin, end);
    });
  }

  void lower(UnitBuilder& builder, Types& types, Symbols& symbols, const clang::FunctionDecl& function) {
    facts::Function body;
    bool lowered = false;
    if (!function.isInvalidDecl() && !hasErrorIn(function, builder.sources())) {
      const Plan plan = planFunction(function, builder.context());
      Lowering lowering(builder, types, symbols, &function);
      lowered = !plan.has_errors && lowerFunction(lowering, function, plan);
      if (lowered) body = reduce(lowering);
    }
    if (!lowered) {
      ++builder.unit().skipped_functions;
      body = {};
      body.flags |= facts::kFunctionHasErrors;
    }
    body.symbol = symbols.function(function);
    body.site = builder.site(function.getLocation());
    if (llvm::isa<clang::CoroutineBodyStmt>(function.getBody())) body.flags |= facts::kFunctionCoroutine;
    const auto index = static_cast<facts::FunctionId>(builder.unit().functions.size());
    if (const auto* method = llvm::dyn_cast<clang::CXXMethodDecl>(&function);
        method && method->getParent()->isLambda()) {
      body.flags |= facts::kFunctionLambda;
      body.closure = types.record(*method->getParent());
      const clang::DeclContext* outer = method->getParent()->getDeclContext();
      while (outer && !outer->isFunctionOrMethod()) outer = outer->getParent();
      if (const auto* parent = llvm::dyn_cast_or_null<clang::FunctionDecl>(outer))
        lambda_parents_.emplace_back(index, parent->getCanonicalDecl());
    }
    by_declaration_[function.getCanonicalDecl()] = index;
    builder.unit().functions.push_back(std::move(body));
  }

  void linkLambdas(facts::Unit& unit) const {
    for (const auto& [lambda, parent] : lambda_parents_)
      if (const auto at = by_declaration_.find(parent); at != by_declaration_.end())
        unit.functions[lambda].lambda_parent = at->second;
  }

  // The function that a captureless lambda converts to: it calls the call operator.
  void addInvoker(UnitBuilder& builder, Types& types, Symbols& symbols, const clang::LambdaExpr& lambda) {
    const clang::CXXRecordDecl* closure = lambda.getLambdaClass();
    if (closure->isGenericLambda() || closure->capture_size() != 0) return;
    const clang::CXXMethodDecl* invoker = closure->getLambdaStaticInvoker();
    const clang::CXXMethodDecl* operation = closure->getLambdaCallOperator();
    if (!invoker || !operation || invoker->isInvalidDecl() ||
        !by_declaration_.count(operation->getCanonicalDecl()))
      return;
    Lowering lowering(builder, types, symbols, invoker);
    const Plan plan;
    lowering.usePlan(plan);
    facts::Function& body = lowering.function();
    facts::Instruction call{.kind = facts::InstructionKind::Call, .flags = facts::kInstrImplicit};
    call.callee = lowering.functionValue(*operation, true);
    call.args.push_back(lowering.unknown());
    for (const clang::ParmVarDecl* parameter : invoker->parameters()) {
      body.parameter_names.push_back(builder.string(parameter->getName()));
      body.parameter_types.push_back(types.of(parameter->getType()));
      body.parameter_address_taken.push_back(false);
      const facts::Path path{.root = facts::RootKind::Parameter,
                             .index = static_cast<facts::Index>(call.args.size() - 1)};
      call.args.push_back(parameter->getType()->isRecordType() ? lowering.object(path, parameter->getType())
                                                               : lowering.load(path, parameter->getType()));
    }
    call.type = types.of(operation->getReturnType());
    call.site = builder.site(lambda.getBeginLoc());
    body.instructions.push_back(std::move(call));
    facts::Instruction result{.kind = facts::InstructionKind::Return};
    if (!operation->getReturnType()->isVoidType()) result.value = lowering.result(0);
    result.site = builder.site(lambda.getBeginLoc());
    body.instructions.push_back(std::move(result));
    body.blocks.resize(2);
    body.blocks[0].instructions = {0, 1};
    body.blocks[0].successors.push_back({.target = 1});
    body.exit = 1;
    facts::Function reduced = reduce(lowering);
    reduced.symbol = symbols.function(*invoker);
    builder.unit().symbols[reduced.symbol].flags |= facts::kSymbolDefined;
    reduced.site = builder.site(lambda.getBeginLoc());
    builder.unit().functions.push_back(std::move(reduced));
  }

  void initialiseStatics(UnitBuilder& builder, Types& types, Symbols& symbols,
                         const std::vector<clang::VarDecl*>& variables) {
    Lowering lowering(builder, types, symbols, nullptr);
    std::deque<Plan> plans;  // the lowering refers to them until the end
    for (const clang::VarDecl* variable : variables) {
      // A static local that is not constant is initialised where it is declared.
      if (variable->isStaticLocal() && builder.context().getLangOpts().CPlusPlus &&
          !variable->hasConstantInitialization())
        continue;
      if (UnitBuilder::isConstantScalar(*variable) && !variable->getType()->isPointerType()) continue;
      Plan& plan = plans.emplace_back(planInitialiser(*variable, builder.context()));
      if (!plan.has_errors) lowerInitialiser(lowering, *variable, plan);
    }
    if (lowering.function().instructions.empty()) return;
    dropPlainConstants(lowering);
    facts::Function body = reduce(lowering);
    if (body.instructions.empty()) return;
    builder.unit().static_initialisers = static_cast<facts::FunctionId>(builder.unit().functions.size());
    builder.unit().functions.push_back(std::move(body));
  }

  // Numbers in tables say nothing; those in locks say of what kind they are.
  static void dropPlainConstants(Lowering& lowering) {
    const facts::Unit& unit = lowering.builder().unit();
    facts::Function& body = lowering.function();
    const auto isPlain = [&](facts::Index at) {
      const facts::Instruction& row = body.instructions[at];
      if (row.kind == facts::InstructionKind::Read) return true;
      if (row.kind != facts::InstructionKind::Write || row.value == facts::kNoIndex) return false;
      const facts::Value& value = lowering.places().value(row.value);
      if (value.kind == facts::ValueKind::Unknown || value.kind == facts::ValueKind::Arithmetic) return true;
      if (value.kind != facts::ValueKind::Constant) return false;
      const std::vector<facts::Step>& steps = lowering.places().path(row.path).steps;
      const bool in_system_record =
          !steps.empty() && steps.back().kind == facts::StepKind::Field &&
          (unit.types[unit.fields[steps.back().index].parent].flags & facts::kTypeSystem) != 0;
      return value.number == 0 || !in_system_record;
    };
    for (facts::Block& block : body.blocks) std::erase_if(block.instructions, isPlain);
  }

  clang::CompilerInstance& compiler_;
  const UnitOptions& options_;
  const std::vector<clang::SourceLocation>& errors_;
  facts::Unit& unit_;
  llvm::DenseMap<const clang::FunctionDecl*, facts::FunctionId> by_declaration_;
  std::vector<std::pair<facts::FunctionId, const clang::FunctionDecl*>> lambda_parents_;
};

class ExtractAction : public clang::ASTFrontendAction {
 public:
  ExtractAction(const UnitOptions& options, const std::vector<clang::SourceLocation>& errors,
                facts::Unit& unit)
      : options_(options), errors_(errors), unit_(unit) {}

  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& compiler,
                                                        llvm::StringRef) override {
    return makeExtractConsumer(compiler, options_, errors_, unit_);
  }

 private:
  const UnitOptions& options_;
  const std::vector<clang::SourceLocation>& errors_;
  facts::Unit& unit_;
};

}  // namespace

std::unique_ptr<clang::FrontendAction> makeExtractAction(const UnitOptions& options,
                                                         const std::vector<clang::SourceLocation>& errors,
                                                         facts::Unit& unit) {
  return std::make_unique<ExtractAction>(options, errors, unit);
}

std::unique_ptr<clang::ASTConsumer> makeExtractConsumer(clang::CompilerInstance& compiler,
                                                        const UnitOptions& options,
                                                        const std::vector<clang::SourceLocation>& errors,
                                                        facts::Unit& unit) {
  return std::make_unique<Consumer>(compiler, options, errors, unit);
}

std::string unitKey(const UnitOptions& options) {
  return options.main_file + "@" + llvm::utohexstr(options.flags_hash, true);
}

}  // namespace gridlock::extract
