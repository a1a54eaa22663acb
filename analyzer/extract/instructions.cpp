// See instructions.h.
#include "analyzer/extract/instructions.h"

#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/Builtins.h"

namespace gridlock::extract {

using facts::InstructionKind;

facts::Index Instructions::emit(facts::Instruction instruction, clang::SourceLocation location) {
  facts::Function& function = lowering_.function();
  instruction.site = lowering_.builder().site(location);
  if (location.isMacroID()) instruction.flags |= facts::kInstrInMacro;
  const auto index = static_cast<facts::Index>(function.instructions.size());
  function.instructions.push_back(std::move(instruction));
  function.blocks[block].instructions.push_back(index);
  return index;
}

std::uint32_t Instructions::accessFlags(clang::QualType type) const {
  std::uint32_t flags = 0;
  if (type.isVolatileQualified()) flags |= facts::kInstrVolatile;
  if (type->isAtomicType()) flags |= facts::kInstrAtomic | facts::kInstrAcquire | facts::kInstrRelease;
  return flags;
}

namespace {

// Tags and the like: there is nothing in them.
bool isEmptyClass(clang::QualType type) {
  const clang::CXXRecordDecl* record = type->getAsCXXRecordDecl();
  return record && record->hasDefinition() && record->isEmpty() && record->isTriviallyCopyable();
}

}  // namespace

void Instructions::read(const clang::Expr& place, clang::SourceLocation location) {
  if (lowering_.constantOf(&place) || isEmptyClass(place.getType())) return;
  facts::Path path = lowering_.place(&place);
  if (path.root == facts::RootKind::Unknown && path.steps.empty()) return;
  if (lowering_.isPrivate(path)) return;
  if (const auto* reference = llvm::dyn_cast<clang::DeclRefExpr>(place.IgnoreParens()))
    if (const auto* variable = llvm::dyn_cast<clang::VarDecl>(reference->getDecl()))
      if (variable->hasGlobalStorage() && UnitBuilder::isConstantScalar(*variable)) return;
  emit({.kind = InstructionKind::Read,
        .flags = accessFlags(place.getType()) & ~facts::kInstrRelease,
        .path = lowering_.add(std::move(path), place.getType())},
       location);
}

void Instructions::write(facts::Path place, clang::QualType type, facts::ValueId value, std::uint32_t flags,
                         clang::SourceLocation location) {
  if (place.root == facts::RootKind::Unknown && place.steps.empty()) return;
  // A returned closure may be empty and still matter; a copied tag does not.
  if (isEmptyClass(type) && !type->getAsCXXRecordDecl()->isLambda()) return;
  const bool is_private = lowering_.isPrivate(place);
  emit({.kind = is_private ? InstructionKind::Assign : InstructionKind::Write,
        .flags = flags | (accessFlags(type) & ~facts::kInstrAcquire),
        .path = lowering_.add(std::move(place), type),
        .value = value},
       location);
}

std::optional<facts::Index> Instructions::readWrite(const clang::Expr& place, facts::ValueId value,
                                                    clang::SourceLocation location) {
  facts::Path path = lowering_.place(&place);
  if (path.root == facts::RootKind::Unknown && path.steps.empty()) return std::nullopt;
  if (lowering_.isPrivate(path)) {
    emit({.kind = InstructionKind::Assign,
          .path = lowering_.add(std::move(path), place.getType()),
          .value = value},
         location);
    return std::nullopt;
  }
  return emit({.kind = InstructionKind::ReadWrite,
               .flags = accessFlags(place.getType()),
               .path = lowering_.add(std::move(path), place.getType()),
               .value = value},
              location);
}

void Instructions::gather(const clang::Expr& operand) {
  const auto at = lowering_.plan().gathered_at.find(&operand);
  if (at == lowering_.plan().gathered_at.end()) return;
  for (const unsigned temporary : at->second) {
    const Temporary& whole = lowering_.plan().temporaries[temporary];
    const bool is_place = whole.expression->isGLValue();
    write(lowering_.temporaryPlace(temporary), whole.type,
          is_place ? lowering_.binding(&operand) : lowering_.value(&operand), 0, operand.getExprLoc());
  }
}

void Instructions::destroy(facts::Path object, clang::QualType type, clang::SourceLocation location,
                           std::uint32_t flags) {
  type = lowering_.builder().context().getBaseElementType(type);
  const clang::CXXRecordDecl* record = type->getAsCXXRecordDecl();
  if (!record || !record->hasDefinition() || record->hasTrivialDestructor()) return;
  const clang::CXXDestructorDecl* destructor = record->getDestructor();
  if (!destructor) return;
  if (destructor->isVirtual() && (flags & facts::kInstrVirtual) == 0) flags &= ~facts::kInstrVirtual;
  emit({.kind = InstructionKind::Call,
        .flags = flags | facts::kInstrDestructor | facts::kInstrImplicit,
        .callee = lowering_.functionValue(*destructor, true),
        .args = {lowering_.addressOf(std::move(object), type)}},
       location);
}

void Instructions::cleanUp(const std::vector<const clang::VarDecl*>& variables,
                           clang::SourceLocation location) {
  for (auto at = variables.rbegin(); at != variables.rend(); ++at)
    destroy(lowering_.placeOf(**at), (*at)->getType().getNonReferenceType(), location, 0);
}

void Instructions::element(const clang::CFGElement& element) {
  switch (element.getKind()) {
    case clang::CFGElement::Statement:
    case clang::CFGElement::Constructor:
    case clang::CFGElement::CXXRecordTypedCall:
      statement(*element.castAs<clang::CFGStmt>().getStmt());
      break;
    case clang::CFGElement::Initializer:
      memberInitialiser(*element.castAs<clang::CFGInitializer>().getInitializer());
      break;
    case clang::CFGElement::NewAllocator:
      created(*element.castAs<clang::CFGNewAllocator>().getAllocatorExpr());
      break;
    case clang::CFGElement::AutomaticObjectDtor: {
      const auto destructor = element.castAs<clang::CFGAutomaticObjDtor>();
      const clang::VarDecl* variable = destructor.getVarDecl();
      const clang::Stmt* trigger = destructor.getTriggerStmt();
      const clang::SourceLocation location =
          !trigger                                  ? variable->getLocation()
          : llvm::isa<clang::CompoundStmt>(trigger) ? llvm::cast<clang::CompoundStmt>(trigger)->getRBracLoc()
          : llvm::isa<clang::ReturnStmt, clang::GotoStmt, clang::BreakStmt, clang::ContinueStmt>(trigger)
              ? trigger->getBeginLoc()
              : trigger->getEndLoc();
      destroy(lowering_.placeOf(*variable), variable->getType().getNonReferenceType(), location, 0);
      break;
    }
    case clang::CFGElement::LifetimeEnds: {
      const auto end = element.castAs<clang::CFGLifetimeEnds>();
      const clang::VarDecl* variable = end.getVarDecl();
      if (!lowering_.plan().address_taken.count(variable) || variable->getType()->isReferenceType()) break;
      if (llvm::isa<clang::ParmVarDecl>(variable)) break;
      const clang::Stmt* trigger = end.getTriggerStmt();
      emit({.kind = InstructionKind::ScopeEnd,
            .path = lowering_.add(lowering_.slotOf(*variable), variable->getType())},
           trigger ? trigger->getEndLoc() : variable->getLocation());
      break;
    }
    case clang::CFGElement::TemporaryDtor: {
      const clang::CXXBindTemporaryExpr* bound =
          element.castAs<clang::CFGTemporaryDtor>().getBindTemporaryExpr();
      const auto target = lowering_.plan().destinations.find(bound);
      if (target == lowering_.plan().destinations.end() ||
          target->second->kind != Destination::Kind::Temporary ||
          lowering_.plan().temporaries[target->second->temporary].kind != Temporary::Kind::FullExpression ||
          lowering_.plan().elided.count(bound))
        break;
      destroy(lowering_.placeOf(*target->second), bound->getType(), bound->getEndLoc(),
              facts::kInstrTemporary);
      break;
    }
    case clang::CFGElement::DeleteDtor: {
      const auto destructor = element.castAs<clang::CFGDeleteDtor>();
      const clang::CXXDeleteExpr* expression = destructor.getDeleteExpr();
      const clang::CXXRecordDecl* record = destructor.getCXXRecordDecl();
      facts::Path object = lowering_.pointee(lowering_.value(expression->getArgument()));
      const clang::CXXDestructorDecl* declaration = record->getDestructor();
      destroy(std::move(object), lowering_.builder().context().getRecordType(record),
              expression->getBeginLoc(),
              declaration && declaration->isVirtual() && !record->isEffectivelyFinal()
                  ? static_cast<std::uint32_t>(facts::kInstrVirtual)
                  : 0u);
      break;
    }
    case clang::CFGElement::BaseDtor: {
      const clang::CXXBaseSpecifier* base = element.castAs<clang::CFGBaseDtor>().getBaseSpecifier();
      const auto* destructor = llvm::dyn_cast_or_null<clang::CXXDestructorDecl>(lowering_.declaration());
      if (!destructor || !base->getType()->getAsCXXRecordDecl()) break;
      destroy(lowering_.baseOf(lowering_.thisObject(), *destructor->getParent(),
                               *base->getType()->getAsCXXRecordDecl()),
              base->getType(), destructor->getEndLoc(), 0);
      break;
    }
    case clang::CFGElement::MemberDtor: {
      const clang::FieldDecl* field = element.castAs<clang::CFGMemberDtor>().getFieldDecl();
      if (!lowering_.declaration()) break;
      facts::Path object = lowering_.fieldSlot(lowering_.thisObject(), *field);
      destroy(std::move(object), field->getType(), lowering_.declaration()->getEndLoc(), 0);
      break;
    }
    default:
      break;
  }
}

void Instructions::statement(const clang::Stmt& statement) {
  if (const auto* declared = llvm::dyn_cast<clang::DeclStmt>(&statement)) {
    for (const clang::Decl* declaration : declared->decls())
      if (const auto* variable = llvm::dyn_cast<clang::VarDecl>(declaration)) initialise(*variable);
    return;
  }
  if (const auto* result = llvm::dyn_cast<clang::ReturnStmt>(&statement)) return returned(*result);
  if (const auto* code = llvm::dyn_cast<clang::GCCAsmStmt>(&statement)) return assembly(*code);
  const auto* expression = llvm::dyn_cast<clang::Expr>(&statement);
  if (!expression) return;

  if (const auto* atomic = llvm::dyn_cast<clang::AtomicExpr>(expression)) {
    atomicExpression(*atomic);
  } else if (const auto* operation = llvm::dyn_cast<clang::BinaryOperator>(expression)) {
    binary(*operation);
  } else if (const auto* step = llvm::dyn_cast<clang::UnaryOperator>(expression)) {
    unary(*step);
  } else if (const auto* cast = llvm::dyn_cast<clang::CastExpr>(expression)) {
    if (cast->getCastKind() == clang::CK_LValueToRValue)
      read(*cast->getSubExpr(), cast->getSubExpr()->getExprLoc());
  } else if (const auto* called = llvm::dyn_cast<clang::CallExpr>(expression)) {
    call(*called);
  } else if (const auto* constructed = llvm::dyn_cast<clang::CXXConstructExpr>(expression)) {
    construct(*constructed);
  } else if (const auto* list = llvm::dyn_cast<clang::InitListExpr>(expression)) {
    if (!list->isTransparent()) listed(*list, const_cast<clang::InitListExpr*>(list)->inits());
  } else if (const auto* listed_in_parens = llvm::dyn_cast<clang::CXXParenListInitExpr>(expression)) {
    listed(*listed_in_parens, const_cast<clang::CXXParenListInitExpr*>(listed_in_parens)->getInitExprs());
  } else if (const auto* closure = llvm::dyn_cast<clang::LambdaExpr>(expression)) {
    lambda(*closure);
  } else if (const auto* made = llvm::dyn_cast<clang::MaterializeTemporaryExpr>(expression)) {
    const clang::Expr* source = made->getSubExpr();
    if (!source->getType()->isRecordType() && !source->getType()->isArrayType())
      write(lowering_.place(made), made->getType(), lowering_.value(source), facts::kInstrInitialisation,
            made->getExprLoc());
  } else if (const auto* allocation = llvm::dyn_cast<clang::CXXNewExpr>(expression)) {
    if (!lowering_.resultOf(allocation)) created(*allocation);
    const clang::Expr* value = allocation->getInitializer();
    const clang::QualType type = allocation->getAllocatedType();
    if (value && !type->isRecordType() && !type->isArrayType() && !allocation->isArray())
      write(lowering_.pointee(lowering_.value(allocation)), type, lowering_.value(value),
            facts::kInstrInitialisation, allocation->getExprLoc());
  } else if (const auto* freed = llvm::dyn_cast<clang::CXXDeleteExpr>(expression)) {
    emit({.kind = InstructionKind::Free,
          .flags = freed->isArrayForm() ? std::uint32_t{facts::kInstrArray} : 0u,
          .value = lowering_.value(freed->getArgument())},
         freed->getBeginLoc());
  } else if (llvm::isa<clang::CXXThrowExpr>(expression)) {
    emit({.kind = InstructionKind::Throw}, expression->getBeginLoc());
  }
  gather(*expression);
}

void Instructions::initialise(const clang::VarDecl& variable) {
  if (const auto* decomposed = llvm::dyn_cast<clang::DecompositionDecl>(&variable)) {
    for (const clang::BindingDecl* binding : decomposed->bindings())
      if (const clang::VarDecl* holder = binding->getHoldingVar()) initialise(*holder);
  }
  const clang::Expr* value = variable.getInit();
  if (!value) return;
  const clang::QualType type = variable.getType();
  if (type->isReferenceType()) {
    write(lowering_.slotOf(variable), type, lowering_.binding(value), facts::kInstrInitialisation,
          variable.getLocation());
    return;
  }
  if (type->isArrayType()) return;
  if (type->isRecordType()) {
    // C: struct a = b; the rest writes itself.
    const auto* cast = llvm::dyn_cast<clang::ImplicitCastExpr>(value->IgnoreParens());
    if (!cast || cast->getCastKind() != clang::CK_LValueToRValue) return;
  }
  write(lowering_.slotOf(variable), type, lowering_.value(value), facts::kInstrInitialisation,
        variable.getLocation());
}

void Instructions::memberInitialiser(const clang::CXXCtorInitializer& initialiser) {
  const clang::Expr* value = initialiser.getInit();
  if (const auto* from = llvm::dyn_cast_or_null<clang::CXXInheritedCtorInitExpr>(value))
    return inherited(*from);
  if (!value || !initialiser.isAnyMemberInitializer()) return;
  const clang::FieldDecl* field = initialiser.getAnyMember();
  const clang::QualType type = field->getType();
  if (type->isRecordType() && !llvm::isa<clang::ImplicitValueInitExpr>(value)) return;
  if (type->isArrayType() && !llvm::isa<clang::ArrayInitLoopExpr>(value)) return;
  facts::Path place = lowering_.thisObject();
  if (initialiser.isIndirectMemberInitializer()) {
    for (const clang::NamedDecl* link : initialiser.getIndirectMember()->chain())
      if (const auto* step = llvm::dyn_cast<clang::FieldDecl>(link))
        place = lowering_.fieldSlot(std::move(place), *step);
  } else {
    place = lowering_.fieldSlot(std::move(place), *field);
  }
  const clang::SourceLocation location =
      initialiser.isWritten() ? initialiser.getSourceLocation() : field->getLocation();
  write(std::move(place), type, type->isReferenceType() ? lowering_.binding(value) : lowering_.value(value),
        facts::kInstrInitialisation, location);
}

void Instructions::binary(const clang::BinaryOperator& binary) {
  if (binary.isCompoundAssignmentOp()) {
    const facts::ValueId value = lowering_.places().add(
        facts::Value{.kind = facts::ValueKind::Arithmetic,
                     .number = clang::BinaryOperator::getOpForCompoundAssignment(binary.getOpcode()),
                     .left = lowering_.load(lowering_.place(binary.getLHS()), binary.getLHS()->getType()),
                     .right = lowering_.value(binary.getRHS())});
    if (const auto instruction = readWrite(*binary.getLHS(), value, binary.getLHS()->getExprLoc()))
      lowering_.setResult(&binary, *instruction);
  } else if (binary.getOpcode() == clang::BO_Assign) {
    write(lowering_.place(binary.getLHS()), binary.getLHS()->getType(), lowering_.value(binary.getRHS()), 0,
          binary.getLHS()->getExprLoc());
  }
}

void Instructions::unary(const clang::UnaryOperator& unary) {
  if (!unary.isIncrementDecrementOp()) return;
  const facts::ValueId value = lowering_.places().add(
      facts::Value{.kind = facts::ValueKind::Arithmetic,
                   .number = clang::BO_Add,
                   .left = lowering_.load(lowering_.place(unary.getSubExpr()), unary.getSubExpr()->getType()),
                   .right = lowering_.constant(unary.isIncrementOp() ? 1 : -1)});
  if (const auto instruction = readWrite(*unary.getSubExpr(), value, unary.getSubExpr()->getExprLoc()))
    lowering_.setResult(&unary, *instruction);
}

namespace {

// Builtins that are neither calls nor events.
bool isSilentBuiltin(const clang::FunctionDecl& function, const clang::ASTContext& context) {
  const unsigned id = function.getBuiltinID();
  if (id == 0) return false;
  if (context.BuiltinInfo.isPredefinedLibFunction(id)) return false;
  const llvm::StringRef name = context.BuiltinInfo.getName(id);
  return !name.starts_with("__builtin_mem") && !name.starts_with("__builtin_str") &&
         !name.starts_with("__builtin_bzero") && !name.starts_with("__builtin___") &&
         !name.starts_with("__sync_") && !name.contains("longjmp") && !name.contains("setjmp") &&
         !name.contains("alloca");
}

}  // namespace

void Instructions::call(const clang::CallExpr& call) {
  if (isTransparentCall(call)) return;
  const clang::FunctionDecl* direct = call.getDirectCallee();
  const clang::ASTContext& context = lowering_.builder().context();
  if (atomicMember(call) || atomicBuiltin(call)) return;
  if (direct && isSilentBuiltin(*direct, context)) return;
  if (const auto* conversion = llvm::dyn_cast_or_null<clang::CXXConversionDecl>(direct);
      conversion && conversion->getParent()->isLambda() && !conversion->getParent()->isGenericLambda())
    return;

  // A trivial assignment is a copy.
  const auto* method = llvm::dyn_cast_or_null<clang::CXXMethodDecl>(direct);
  if (method && (method->isCopyAssignmentOperator() || method->isMoveAssignmentOperator()) &&
      method->isTrivial()) {
    const clang::Expr* target = nullptr;
    const clang::Expr* source = call.getArg(call.getNumArgs() - 1);
    if (const auto* member = llvm::dyn_cast<clang::CXXMemberCallExpr>(&call)) {
      target = member->getImplicitObjectArgument();
    } else {
      target = call.getArg(0);
    }
    if (source->isGLValue()) read(*source, source->getExprLoc());
    const clang::QualType type = lowering_.builder().context().getRecordType(method->getParent());
    facts::Path place = target->getType()->isPointerType() ? lowering_.pointee(lowering_.value(target))
                                                           : lowering_.place(target);
    write(std::move(place), type,
          source->isGLValue() ? lowering_.load(lowering_.place(source), source->getType())
                              : lowering_.value(source),
          0, target->getExprLoc());
    return;
  }

  facts::Instruction row{.kind = InstructionKind::Call};
  clang::SourceLocation location = call.getExprLoc();
  unsigned first = 0;
  if (const auto* member = llvm::dyn_cast<clang::CXXMemberCallExpr>(&call)) {
    const clang::Expr* object = member->getImplicitObjectArgument();
    row.args.push_back(object->getType()->isPointerType() && !object->isGLValue() ? lowering_.value(object)
                       : object->getType()->isPointerType()                       ? lowering_.value(object)
                                                            : lowering_.binding(object));
    if (method) {
      const auto* named = llvm::dyn_cast<clang::MemberExpr>(member->getCallee()->IgnoreParens());
      const bool qualified = named && named->hasQualifier();
      if (method->isVirtual() && !qualified && !method->hasAttr<clang::FinalAttr>() &&
          !method->getParent()->isEffectivelyFinal())
        row.flags |= facts::kInstrVirtual;
      if (llvm::isa<clang::CXXDestructorDecl>(method)) row.flags |= facts::kInstrDestructor;
      if (llvm::isa<clang::CXXConversionDecl>(method)) row.flags |= facts::kInstrImplicit;
    }
  } else if (llvm::isa<clang::CXXOperatorCallExpr>(call) && method && method->isInstance()) {
    row.args.push_back(lowering_.binding(call.getArg(0)));
    if (method->isVirtual() && !method->getParent()->isEffectivelyFinal()) row.flags |= facts::kInstrVirtual;
    first = 1;
  } else if (llvm::isa<clang::CXXOperatorCallExpr>(call) && method && method->isStatic()) {
    first = 1;  // static operator()
  }
  if (direct) {
    row.callee = lowering_.functionValue(*direct, true);
  } else {
    const clang::Expr* callee = call.getCallee()->IgnoreParenImpCasts();
    if (const auto* pointer = llvm::dyn_cast<clang::BinaryOperator>(callee);
        pointer && pointer->isPtrMemOp()) {
      row.callee = lowering_.value(pointer->getRHS());
    } else {
      row.callee = lowering_.value(call.getCallee());
    }
  }
  for (unsigned at = first; at < call.getNumArgs(); ++at)
    row.args.push_back(lowering_.argument(call.getArg(at)));
  row.type = lowering_.types().of(call.getType());
  const facts::Index index = emit(std::move(row), location);
  lowering_.setResult(&call, index);

  // A returned object goes where the caller wants it.
  if (call.isPRValue() && call.getType()->isRecordType()) {
    const auto target = lowering_.plan().destinations.find(&call);
    if (target != lowering_.plan().destinations.end())
      write(lowering_.placeOf(*target->second), call.getType(), lowering_.result(index),
            facts::kInstrInitialisation, location);
  }
}

void Instructions::construct(const clang::CXXConstructExpr& construct) {
  const auto target = lowering_.plan().destinations.find(&construct);
  if (target == lowering_.plan().destinations.end()) return;
  if (elidedSource(construct)) return;
  const clang::CXXConstructorDecl* constructor = construct.getConstructor();
  const clang::QualType type = lowering_.builder().context().getBaseElementType(construct.getType());
  facts::Path place = lowering_.placeOf(*target->second);
  if (construct.getType()->isArrayType() &&
      (place.steps.empty() || place.steps.back().kind != facts::StepKind::Element))
    place.steps.push_back({.kind = facts::StepKind::Element, .element = facts::ElementKind::Any});
  const clang::SourceLocation location = construct.getBeginLoc();
  if (constructor->isTrivial()) {
    if (!constructor->isCopyOrMoveConstructor() || construct.getNumArgs() == 0) return;
    const clang::Expr* source = construct.getArg(0);
    if (source->isGLValue()) read(*source, source->getExprLoc());
    write(std::move(place), type,
          source->isGLValue() ? lowering_.load(lowering_.place(source), source->getType())
                              : lowering_.value(source),
          facts::kInstrInitialisation, location);
    return;
  }
  facts::Instruction row{.kind = InstructionKind::Call, .flags = facts::kInstrConstructor};
  if (target->second->kind == Destination::Kind::Temporary &&
      lowering_.plan().temporaries[target->second->temporary].kind == Temporary::Kind::FullExpression)
    row.flags |= facts::kInstrTemporary;
  row.callee = lowering_.functionValue(*constructor, true);
  row.args.push_back(lowering_.addressOf(std::move(place), type));
  for (const clang::Expr* argument : construct.arguments()) row.args.push_back(lowering_.argument(argument));
  row.type = lowering_.types().of(type);
  emit(std::move(row), location);
}

// A constructor that a class inherits hands its parameters on to the base's.
void Instructions::inherited(const clang::CXXInheritedCtorInitExpr& from) {
  const auto target = lowering_.plan().destinations.find(&from);
  if (target == lowering_.plan().destinations.end() || !lowering_.declaration()) return;
  facts::Instruction row{.kind = InstructionKind::Call, .flags = facts::kInstrConstructor};
  row.callee = lowering_.functionValue(*from.getConstructor(), true);
  row.args.push_back(lowering_.addressOf(lowering_.placeOf(*target->second), from.getType()));
  for (const clang::ParmVarDecl* parameter : lowering_.declaration()->parameters()) {
    facts::Path slot = lowering_.slotOf(*parameter);
    row.args.push_back(parameter->getType()->isRecordType()
                           ? lowering_.object(std::move(slot), parameter->getType())
                           : lowering_.load(std::move(slot), parameter->getType()));
  }
  row.type = lowering_.types().of(from.getType());
  emit(std::move(row), from.getBeginLoc());
}

void Instructions::created(const clang::CXXNewExpr& created) {
  const clang::FunctionDecl* allocator = created.getOperatorNew();
  if (allocator && allocator->isReservedGlobalPlacementOperator()) return;
  const facts::Index index = emit({.kind = InstructionKind::Allocate,
                                   .flags = created.isArray() ? std::uint32_t{facts::kInstrArray} : 0u,
                                   .type = lowering_.types().of(created.getAllocatedType())},
                                  created.getBeginLoc());
  lowering_.setResult(&created, index);
}

void Instructions::listed(const clang::Expr& list, llvm::ArrayRef<clang::Expr*> values) {
  const auto target = lowering_.plan().destinations.find(&list);
  if (target == lowering_.plan().destinations.end()) return;
  const facts::Path object = lowering_.placeOf(*target->second);
  const auto put = [this](facts::Path place, clang::QualType type, const clang::Expr* value) {
    if (type->isReferenceType()) {
      write(std::move(place), type, lowering_.binding(value), facts::kInstrInitialisation,
            value->getBeginLoc());
    } else if (!type->isRecordType() && !type->isArrayType()) {
      write(std::move(place), type, lowering_.value(value), facts::kInstrInitialisation,
            value->getBeginLoc());
    }
  };
  const clang::RecordDecl* record = list.getType()->getAsRecordDecl();
  if (!record) {
    for (unsigned at = 0; at < values.size(); ++at) {
      if (!values[at] || llvm::isa<clang::ImplicitValueInitExpr>(values[at])) continue;
      facts::Path place = object;
      place.steps.push_back(
          {.kind = facts::StepKind::Element, .element = facts::ElementKind::Constant, .index = at});
      put(std::move(place), values[at]->getType(), values[at]);
    }
    return;
  }
  if (const auto* initial = llvm::dyn_cast<clang::InitListExpr>(&list))
    if (const clang::FieldDecl* active = initial->getInitializedFieldInUnion()) {
      if (values.size() == 1 && values[0])
        put(lowering_.fieldSlot(object, *active), active->getType(), values[0]);
      return;
    }
  std::size_t at = 0;
  if (const auto* class_record = llvm::dyn_cast<clang::CXXRecordDecl>(record))
    at = class_record->getNumBases();
  for (const clang::FieldDecl* field : record->fields()) {
    if (field->isUnnamedBitField()) continue;
    if (at >= values.size()) return;
    if (values[at]) put(lowering_.fieldSlot(object, *field), field->getType(), values[at]);
    ++at;
  }
}

void Instructions::lambda(const clang::LambdaExpr& lambda) {
  const auto target = lowering_.plan().destinations.find(&lambda);
  if (target == lowering_.plan().destinations.end()) return;
  const facts::Path closure = lowering_.placeOf(*target->second);
  auto field = lambda.getLambdaClass()->field_begin();
  auto capture = lambda.capture_begin();
  for (const clang::Expr* value : lambda.capture_inits()) {
    if (field == lambda.getLambdaClass()->field_end()) return;
    const clang::FieldDecl& slot = **field++;
    const clang::SourceLocation location =
        capture != lambda.capture_end() ? (capture++)->getLocation() : lambda.getBeginLoc();
    if (!value) continue;
    const clang::QualType type = slot.getType();
    const bool is_place = location.isValid();
    if (type->isReferenceType()) {
      write(lowering_.fieldSlot(closure, slot), type, lowering_.binding(value), facts::kInstrInitialisation,
            is_place ? location : lambda.getBeginLoc());
    } else if (!type->isRecordType() && !type->isArrayType()) {
      write(lowering_.fieldSlot(closure, slot), type, lowering_.value(value), facts::kInstrInitialisation,
            is_place ? location : lambda.getBeginLoc());
    }
  }
}

void Instructions::returned(const clang::ReturnStmt& statement) {
  facts::Instruction row{.kind = InstructionKind::Return};
  if (const clang::Expr* value = statement.getRetValue()) {
    if (value->isGLValue() || !value->getType()->isVoidType()) row.value = lowering_.argument(value);
  }
  emit(std::move(row), statement.getBeginLoc());
}

void Instructions::assembly(const clang::GCCAsmStmt& statement) {
  std::string code(statement.getAsmString()->getString());
  for (char& letter : code) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  const bool atomic = code.find("lock") != std::string::npos || code.find("xchg") != std::string::npos ||
                      code.find("ldxr") != std::string::npos || code.find("ldaxr") != std::string::npos;
  for (unsigned at = 0; at < statement.getNumOutputs(); ++at) {
    const clang::Expr* output = statement.getOutputExpr(at);
    facts::Path place = lowering_.place(output);
    if (place.root == facts::RootKind::Unknown && place.steps.empty()) continue;
    const bool is_private = lowering_.isPrivate(place);
    emit({.kind = is_private ? InstructionKind::Assign : InstructionKind::ReadWrite,
          .flags = atomic ? facts::kInstrAtomic | facts::kInstrAcquire | facts::kInstrRelease : 0u,
          .path = lowering_.add(std::move(place), output->getType()),
          .value = lowering_.unknown()},
         statement.getBeginLoc());
  }
}

}  // namespace gridlock::extract
