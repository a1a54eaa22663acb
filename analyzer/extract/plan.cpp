// See plan.h.
#include "analyzer/extract/plan.h"

#include "clang/AST/StmtVisitor.h"

namespace gridlock::extract {
namespace {

class Planner {
 public:
  explicit Planner(const clang::ASTContext& context) : context_(context) {}

  void constructor(const clang::CXXConstructorDecl& constructor) {
    const Destination* object = add({.kind = Destination::Kind::This});
    for (const clang::CXXCtorInitializer* initialiser : constructor.inits()) {
      const clang::Expr* value = initialiser->getInit();
      if (!value) continue;
      const Destination* target = object;
      if (initialiser->isBaseInitializer()) {
        const clang::CXXRecordDecl* base = initialiser->getBaseClass()->getAsCXXRecordDecl();
        target = add({.kind = Destination::Kind::Base,
                      .derived = constructor.getParent(),
                      .base = base,
                      .parent = object});
      } else if (initialiser->isMemberInitializer()) {
        target = add({.kind = Destination::Kind::Field, .field = initialiser->getMember(), .parent = object});
      } else if (initialiser->isIndirectMemberInitializer()) {
        for (const clang::NamedDecl* link : initialiser->getIndirectMember()->chain())
          if (const auto* field = llvm::dyn_cast<clang::FieldDecl>(link))
            target = add({.kind = Destination::Kind::Field, .field = field, .parent = target});
      }
      initialise(value, target,
                 initialiser->isMemberInitializer() ? initialiser->getMember()->getType() : value->getType());
      visit(value);
    }
  }

  void variable(const clang::VarDecl& variable) {
    const clang::Expr* value = variable.getInit();
    if (!value) return;
    initialise(value, add({.kind = Destination::Kind::Variable, .variable = &variable}), variable.getType());
    if (variable.getType()->isReferenceType()) markTaken(value);
    visit(value);
  }

  void visit(const clang::Stmt* statement) {
    if (!statement) return;
    if (const auto* expression = llvm::dyn_cast<clang::Expr>(statement)) {
      if (expression->containsErrors() || expression->isTypeDependent()) plan_.has_errors = true;
      return visitExpression(expression);
    }
    switch (statement->getStmtClass()) {
      case clang::Stmt::CompoundStmtClass:
      case clang::Stmt::ForStmtClass:
      case clang::Stmt::IfStmtClass:
      case clang::Stmt::WhileStmtClass:
      case clang::Stmt::SwitchStmtClass:
      case clang::Stmt::CXXForRangeStmtClass:
      case clang::Stmt::CXXCatchStmtClass: {
        const std::size_t depth = alive_.size();
        visitChildren(statement);
        alive_.resize(depth);
        return;
      }
      case clang::Stmt::DeclStmtClass:
        for (const clang::Decl* declaration : llvm::cast<clang::DeclStmt>(statement)->decls()) {
          const auto* declared = llvm::dyn_cast<clang::VarDecl>(declaration);
          if (!declared) continue;
          variable(*declared);
          if (const auto* decomposed = llvm::dyn_cast<clang::DecompositionDecl>(declared))
            for (const clang::BindingDecl* binding : decomposed->bindings())
              if (const clang::VarDecl* holder = binding->getHoldingVar()) variable(*holder);
          // Its constructor and its destructor are given its address.
          const clang::CXXRecordDecl* record = declared->getType()->getAsCXXRecordDecl();
          if (declared->hasLocalStorage() && record && record->hasDefinition() &&
              (!record->hasTrivialDestructor() ||
               llvm::isa_and_nonnull<clang::CXXConstructExpr>(declared->getInit())))
            plan_.address_taken.insert(declared);
          if (declared->hasLocalStorage() &&
              declared->needsDestruction(context_) == clang::QualType::DK_cxx_destructor)
            alive_.push_back(declared);
        }
        return;
      case clang::Stmt::CXXTryStmtClass: {
        const auto* attempt = llvm::cast<clang::CXXTryStmt>(statement);
        tries_.push_back({attempt, alive_.size()});
        visit(attempt->getTryBlock());
        tries_.pop_back();
        for (unsigned at = 0; at < attempt->getNumHandlers(); ++at) visit(attempt->getHandler(at));
        return;
      }
      case clang::Stmt::ReturnStmtClass: {
        const clang::Expr* value = llvm::cast<clang::ReturnStmt>(statement)->getRetValue();
        if (!value) return;
        if (value->isGLValue()) markTaken(value);
        if (value->isPRValue() && value->getType()->isRecordType())
          assign(value, temporary(Temporary::Kind::Returned, value));
        return visit(value);
      }
      case clang::Stmt::GCCAsmStmtClass: {
        const auto* assembly = llvm::cast<clang::GCCAsmStmt>(statement);
        for (unsigned at = 0; at < assembly->getNumOutputs(); ++at) markTaken(assembly->getOutputExpr(at));
        break;
      }
      default:
        break;
    }
    visitChildren(statement);
  }

  Plan take() { return std::move(plan_); }

 private:
  struct OpenTry {
    const clang::CXXTryStmt* statement;
    std::size_t depth;  // of alive_
  };

  const Destination* add(Destination destination) {
    plan_.storage.push_back(destination);
    return &plan_.storage.back();
  }

  unsigned addTemporary(Temporary::Kind kind, const clang::Expr* expression, clang::QualType type) {
    plan_.temporaries.push_back({kind, expression, type});
    return static_cast<unsigned>(plan_.temporaries.size() - 1);
  }

  const Destination* temporary(Temporary::Kind kind, const clang::Expr* expression) {
    return add({.kind = Destination::Kind::Temporary,
                .temporary = addTemporary(kind, expression, expression->getType())});
  }

  static bool isAggregate(clang::QualType type) { return type->isRecordType() || type->isArrayType(); }

  void initialise(const clang::Expr* value, const Destination* target, clang::QualType type) {
    if (!type->isReferenceType() && isAggregate(type)) assign(value, target);
  }

  // Says that the object that `expression` builds is built at `target`.
  void assign(const clang::Expr* expression, const Destination* target) {
    expression = expression->IgnoreParens();
    if (!plan_.destinations.try_emplace(expression, target).second) return;
    if (const auto* full = llvm::dyn_cast<clang::FullExpr>(expression))
      return assign(full->getSubExpr(), target);
    if (const auto* bound = llvm::dyn_cast<clang::CXXBindTemporaryExpr>(expression))
      return assign(bound->getSubExpr(), target);
    if (const auto* cast = llvm::dyn_cast<clang::CastExpr>(expression)) {
      if (cast->getCastKind() != clang::CK_LValueToRValue && cast->getSubExpr()->isPRValue())
        assign(cast->getSubExpr(), target);
      return;
    }
    if (const auto* construct = llvm::dyn_cast<clang::CXXConstructExpr>(expression)) {
      if (const clang::MaterializeTemporaryExpr* made = elidedSource(*construct)) {
        plan_.destinations.try_emplace(made, target);
        const clang::Expr* source = made->getSubExpr()->IgnoreParens();
        if (const auto* bound = llvm::dyn_cast<clang::CXXBindTemporaryExpr>(source))
          plan_.elided.insert(bound);
        assign(source, target);
      }
      return;
    }
    if (const auto* choice = llvm::dyn_cast<clang::AbstractConditionalOperator>(expression)) {
      assign(choice->getTrueExpr(), target);
      assign(choice->getFalseExpr(), target);
      return;
    }
    if (const auto* initial = llvm::dyn_cast<clang::CXXDefaultInitExpr>(expression))
      return assign(initial->getExpr(), target);
    if (const auto* block = llvm::dyn_cast<clang::StmtExpr>(expression)) {
      const auto* last = block->getSubStmt()->body_empty()
                             ? nullptr
                             : llvm::dyn_cast<clang::Expr>(block->getSubStmt()->body_back());
      if (last) assign(last, target);
      return;
    }
    if (const auto* literal = llvm::dyn_cast<clang::CompoundLiteralExpr>(expression))
      return assign(literal->getInitializer(), target);
    if (const auto* initial = llvm::dyn_cast<clang::CXXStdInitializerListExpr>(expression)) {
      (void)initial;
      return;
    }
    if (const auto* list = llvm::dyn_cast<clang::InitListExpr>(expression))
      return assignList(list->inits(), list, target);
    if (const auto* list = llvm::dyn_cast<clang::CXXParenListInitExpr>(expression))
      return assignList(list->getInitExprs(), list, target);
    if (const auto* lambda = llvm::dyn_cast<clang::LambdaExpr>(expression)) {
      auto field = lambda->getLambdaClass()->field_begin();
      for (const clang::Expr* value : lambda->capture_inits()) {
        if (field == lambda->getLambdaClass()->field_end()) break;
        if (value)
          initialise(value, add({.kind = Destination::Kind::Field, .field = *field, .parent = target}),
                     field->getType());
        ++field;
      }
    }
  }

  template <typename Range>
  void assignList(const Range& values, const clang::Expr* list, const Destination* target) {
    if (const auto* initial = llvm::dyn_cast<clang::InitListExpr>(list)) {
      if (initial->isTransparent() && initial->getNumInits() == 1) return assign(initial->getInit(0), target);
      if (const clang::FieldDecl* active = initial->getInitializedFieldInUnion()) {
        if (initial->getNumInits() == 1)
          initialise(initial->getInit(0),
                     add({.kind = Destination::Kind::Field, .field = active, .parent = target}),
                     active->getType());
        return;
      }
    }
    const auto* record = list->getType()->getAsRecordDecl();
    if (!record) {
      unsigned at = 0;
      for (const clang::Expr* value : values) {
        if (value)
          initialise(value, add({.kind = Destination::Kind::Element, .element = at, .parent = target}),
                     value->getType());
        ++at;
      }
      return;
    }
    auto at = values.begin();
    if (const auto* class_record = llvm::dyn_cast<clang::CXXRecordDecl>(record)) {
      for (const clang::CXXBaseSpecifier& specifier : class_record->bases()) {
        if (at == values.end()) return;
        const clang::CXXRecordDecl* base = specifier.getType()->getAsCXXRecordDecl();
        if (*at && base)
          initialise(
              *at,
              add({.kind = Destination::Kind::Base, .derived = class_record, .base = base, .parent = target}),
              specifier.getType());
        ++at;
      }
    }
    for (const clang::FieldDecl* field : record->fields()) {
      if (field->isUnnamedBitField()) continue;
      if (at == values.end()) return;
      if (*at)
        initialise(*at, add({.kind = Destination::Kind::Field, .field = field, .parent = target}),
                   field->getType());
      ++at;
    }
  }

  // Says that the address of the lvalue `expression` goes somewhere.
  void markTaken(const clang::Expr* expression) {
    while (expression) {
      expression = expression->IgnoreParens();
      if (const auto* reference = llvm::dyn_cast<clang::DeclRefExpr>(expression)) {
        const clang::ValueDecl* declaration = reference->getDecl();
        if (const auto* binding = llvm::dyn_cast<clang::BindingDecl>(declaration)) {
          if (!binding->getBinding()) return;
          expression = binding->getBinding();
          continue;
        }
        if (const auto* variable = llvm::dyn_cast<clang::VarDecl>(declaration))
          plan_.address_taken.insert(variable);
        return;
      }
      if (const auto* member = llvm::dyn_cast<clang::MemberExpr>(expression)) {
        if (member->isArrow() || member->getMemberDecl()->getType()->isReferenceType()) return;
        expression = member->getBase();
      } else if (const auto* subscript = llvm::dyn_cast<clang::ArraySubscriptExpr>(expression)) {
        const auto* decay = llvm::dyn_cast<clang::ImplicitCastExpr>(subscript->getBase()->IgnoreParens());
        if (!decay || decay->getCastKind() != clang::CK_ArrayToPointerDecay) return;
        expression = decay->getSubExpr();
      } else if (const auto* cast = llvm::dyn_cast<clang::CastExpr>(expression)) {
        if (cast->getCastKind() == clang::CK_LValueToRValue) return;
        expression = cast->getSubExpr();
      } else if (const auto* choice = llvm::dyn_cast<clang::AbstractConditionalOperator>(expression)) {
        markTaken(choice->getTrueExpr());
        expression = choice->getFalseExpr();
      } else if (const auto* binary = llvm::dyn_cast<clang::BinaryOperator>(expression)) {
        expression = binary->getOpcode() == clang::BO_Comma ? binary->getRHS() : binary->getLHS();
        if (expression->isPRValue()) return;
      } else if (const auto* unary = llvm::dyn_cast<clang::UnaryOperator>(expression)) {
        if (unary->getOpcode() == clang::UO_Deref) return;
        expression = unary->getSubExpr();
      } else if (const auto* full = llvm::dyn_cast<clang::FullExpr>(expression)) {
        expression = full->getSubExpr();
      } else if (const auto* call = llvm::dyn_cast<clang::CallExpr>(expression)) {
        // std::move and its kind: casts that look like calls.
        if (!call->isCallToStdMove() && !(call->getBuiltinCallee() && call->getNumArgs() == 1)) return;
        expression = call->getArg(0);
      } else {
        return;
      }
    }
  }

  void gather(const clang::Expr* whole, std::initializer_list<const clang::Expr*> operands) {
    const unsigned place = addTemporary(Temporary::Kind::Gathered, whole, whole->getType());
    plan_.gathers[whole] = place;
    for (const clang::Expr* operand : operands) plan_.gathered_at[operand->IgnoreParens()].push_back(place);
  }

  void noteException(const clang::Stmt* statement, bool is_throw) {
    if (!is_throw && tries_.empty()) return;
    LiveScope scope;
    std::size_t from = 0;
    if (!tries_.empty()) {
      scope.enclosing_try = tries_.back().statement;
      from = tries_.back().depth;
    }
    scope.variables.assign(alive_.begin() + static_cast<std::ptrdiff_t>(std::min(from, alive_.size())),
                           alive_.end());
    plan_.live[statement] = std::move(scope);
  }

  template <typename Arguments>
  void takeReferences(const Arguments& arguments) {
    for (const clang::Expr* argument : arguments)
      if (argument && argument->isGLValue()) markTaken(argument);
  }

  void visitExpression(const clang::Expr* expression) {
    // An object without a place so far is a temporary.
    const bool is_object = expression->isPRValue() && expression->getType()->isRecordType();
    if (is_object && !llvm::isa<clang::ParenExpr>(expression) && !plan_.destinations.count(expression) &&
        !(llvm::isa<clang::CastExpr>(expression) &&
          llvm::cast<clang::CastExpr>(expression)->getCastKind() == clang::CK_LValueToRValue) &&
        !llvm::isa<clang::CXXDefaultArgExpr, clang::BinaryOperator, clang::VAArgExpr>(expression))
      assign(expression, temporary(Temporary::Kind::FullExpression, expression));

    switch (expression->getStmtClass()) {
      case clang::Stmt::UnaryOperatorClass: {
        const auto* unary = llvm::cast<clang::UnaryOperator>(expression);
        if (unary->getOpcode() == clang::UO_AddrOf) markTaken(unary->getSubExpr());
        break;
      }
      case clang::Stmt::ArraySubscriptExprClass: {
        // a[i] does not take the address of the local array a.
        const auto* subscript = llvm::cast<clang::ArraySubscriptExpr>(expression);
        const auto* decay = llvm::dyn_cast<clang::ImplicitCastExpr>(subscript->getBase()->IgnoreParens());
        visit(subscript->getIdx());
        visit(decay && decay->getCastKind() == clang::CK_ArrayToPointerDecay ? decay->getSubExpr()
                                                                             : subscript->getBase());
        return;
      }
      case clang::Stmt::ImplicitCastExprClass: {
        const auto* cast = llvm::cast<clang::ImplicitCastExpr>(expression);
        if (cast->getCastKind() == clang::CK_ArrayToPointerDecay) markTaken(cast->getSubExpr());
        break;
      }
      case clang::Stmt::BinaryOperatorClass: {
        const auto* binary = llvm::cast<clang::BinaryOperator>(expression);
        if (binary->isLogicalOp()) gather(binary, {binary->getRHS()});
        break;
      }
      case clang::Stmt::ConditionalOperatorClass: {
        const auto* choice = llvm::cast<clang::ConditionalOperator>(expression);
        if (choice->getType()->isVoidType()) break;
        if (choice->isGLValue()) {
          markTaken(choice);
        }
        if (choice->isGLValue() || !choice->getType()->isRecordType())
          gather(choice, {choice->getTrueExpr(), choice->getFalseExpr()});
        break;
      }
      case clang::Stmt::BinaryConditionalOperatorClass: {
        const auto* choice = llvm::cast<clang::BinaryConditionalOperator>(expression);
        if (!choice->getType()->isRecordType() && !choice->getType()->isVoidType())
          gather(choice, {choice->getTrueExpr(), choice->getFalseExpr()});
        visit(choice->getCommon());
        visit(choice->getFalseExpr());
        return;
      }
      case clang::Stmt::MaterializeTemporaryExprClass: {
        const auto* made = llvm::cast<clang::MaterializeTemporaryExpr>(expression);
        const auto kind = made->getStorageDuration() == clang::SD_FullExpression
                              ? Temporary::Kind::FullExpression
                              : Temporary::Kind::Extended;
        if (!plan_.destinations.count(made)) {
          const Destination* target = temporary(kind, made);
          plan_.destinations[made] = target;
          initialise(made->getSubExpr(), target, made->getSubExpr()->getType());
        }
        break;
      }
      case clang::Stmt::CompoundLiteralExprClass: {
        const auto* literal = llvm::cast<clang::CompoundLiteralExpr>(expression);
        if (!plan_.destinations.count(literal)) {
          const Destination* target = temporary(Temporary::Kind::Extended, literal);
          plan_.destinations[literal] = target;
          assign(literal->getInitializer(), target);
        }
        break;
      }
      case clang::Stmt::CXXNewExprClass: {
        const auto* created = llvm::cast<clang::CXXNewExpr>(expression);
        const Destination* target = add({.kind = Destination::Kind::Allocation, .allocation = created});
        if (const clang::Expr* value = created->getInitializer()) initialise(value, target, value->getType());
        noteException(expression, false);
        break;
      }
      case clang::Stmt::CXXThrowExprClass: {
        const auto* thrown = llvm::cast<clang::CXXThrowExpr>(expression);
        if (thrown->getSubExpr() && thrown->getSubExpr()->isPRValue() &&
            thrown->getSubExpr()->getType()->isRecordType())
          assign(thrown->getSubExpr(), temporary(Temporary::Kind::Exception, thrown->getSubExpr()));
        noteException(expression, true);
        break;
      }
      case clang::Stmt::CallExprClass:
      case clang::Stmt::CXXMemberCallExprClass:
      case clang::Stmt::CXXOperatorCallExprClass:
      case clang::Stmt::UserDefinedLiteralClass: {
        const auto* call = llvm::cast<clang::CallExpr>(expression);
        if (const auto* member = llvm::dyn_cast<clang::CXXMemberCallExpr>(call)) {
          const clang::Expr* object = member->getImplicitObjectArgument();
          if (object && object->isGLValue()) markTaken(object);
        }
        takeReferences(call->arguments());
        noteException(expression, false);
        break;
      }
      case clang::Stmt::CXXConstructExprClass:
      case clang::Stmt::CXXTemporaryObjectExprClass:
        takeReferences(llvm::cast<clang::CXXConstructExpr>(expression)->arguments());
        noteException(expression, false);
        break;
      case clang::Stmt::InitListExprClass:
        takeReferences(llvm::cast<clang::InitListExpr>(expression)->inits());
        break;
      case clang::Stmt::LambdaExprClass: {
        const auto* lambda = llvm::cast<clang::LambdaExpr>(expression);
        plan_.lambdas.push_back(lambda);
        auto field = lambda->getLambdaClass()->field_begin();
        for (const clang::Expr* value : lambda->capture_inits()) {
          if (value && field != lambda->getLambdaClass()->field_end() && field->getType()->isReferenceType())
            markTaken(value);
          if (field != lambda->getLambdaClass()->field_end()) ++field;
          visit(value);
        }
        return;  // its body is a function of its own
      }
      case clang::Stmt::CXXDefaultInitExprClass:
        visit(llvm::cast<clang::CXXDefaultInitExpr>(expression)->getExpr());
        return;
      case clang::Stmt::UnaryExprOrTypeTraitExprClass:
      case clang::Stmt::CXXNoexceptExprClass:
      case clang::Stmt::RequiresExprClass:
      case clang::Stmt::ConceptSpecializationExprClass:
        return;  // not evaluated
      case clang::Stmt::GenericSelectionExprClass:
        visit(llvm::cast<clang::GenericSelectionExpr>(expression)->getResultExpr());
        return;
      case clang::Stmt::ChooseExprClass:
        visit(llvm::cast<clang::ChooseExpr>(expression)->getChosenSubExpr());
        return;
      default:
        break;
    }
    visitChildren(expression);
  }

  void visitChildren(const clang::Stmt* statement) {
    for (const clang::Stmt* child : statement->children()) visit(child);
  }

  const clang::ASTContext& context_;
  Plan plan_;
  std::vector<const clang::VarDecl*> alive_;
  std::vector<OpenTry> tries_;
};

}  // namespace

const clang::MaterializeTemporaryExpr* elidedSource(const clang::CXXConstructExpr& construct) {
  if (!construct.isElidable() || construct.getNumArgs() == 0) return nullptr;
  const clang::Expr* source = construct.getArg(0)->IgnoreParens();
  while (const auto* cast = llvm::dyn_cast<clang::ImplicitCastExpr>(source))
    source = cast->getSubExpr()->IgnoreParens();
  return llvm::dyn_cast<clang::MaterializeTemporaryExpr>(source);
}

Plan planFunction(const clang::FunctionDecl& function, const clang::ASTContext& context) {
  Planner planner(context);
  if (const auto* constructor = llvm::dyn_cast<clang::CXXConstructorDecl>(&function))
    planner.constructor(*constructor);
  planner.visit(function.getBody());
  return planner.take();
}

Plan planInitialiser(const clang::VarDecl& variable, const clang::ASTContext& context) {
  Planner planner(context);
  planner.variable(variable);
  return planner.take();
}

}  // namespace gridlock::extract
