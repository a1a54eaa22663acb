// Expressions to values: address-of, copy, load, call results, comparisons. See lowering.h.
#include "analyzer/extract/lowering.h"
#include "analyzer/facts/arithmetic.h"
#include "clang/Basic/Builtins.h"

namespace gridlock::extract {

static_assert(static_cast<std::int64_t>(facts::Arithmetic::Remainder) == clang::BO_Rem &&
              static_cast<std::int64_t>(facts::Arithmetic::Add) == clang::BO_Add &&
              static_cast<std::int64_t>(facts::Arithmetic::Subtract) == clang::BO_Sub);

bool isTransparentCall(const clang::CallExpr& call) {
  switch (call.getBuiltinCallee()) {
    case clang::Builtin::BImove:
    case clang::Builtin::BImove_if_noexcept:
    case clang::Builtin::BIforward:
    case clang::Builtin::BIforward_like:
    case clang::Builtin::BIas_const:
      return call.getNumArgs() == 1;
    default:
      return false;
  }
}

facts::ValueId Lowering::constant(std::int64_t number) {
  return places_.add(facts::Value{.kind = facts::ValueKind::Constant, .number = number});
}

facts::ValueId Lowering::addressOf(facts::Path path, clang::QualType type) {
  // &*p is p.
  if (!path.steps.empty() && path.steps.back().kind == facts::StepKind::Deref) {
    path.steps.pop_back();
    if (path.root == facts::RootKind::Result && path.steps.empty()) return result(path.index);
    return load(std::move(path), builder_.context().getPointerType(type));
  }
  return places_.add(facts::Value{.kind = facts::ValueKind::AddressOf, .index = add(std::move(path), type)});
}

facts::ValueId Lowering::load(facts::Path path, clang::QualType type) {
  return places_.add(facts::Value{.kind = facts::ValueKind::Load, .index = add(std::move(path), type)});
}

facts::ValueId Lowering::object(facts::Path path, clang::QualType type) {
  return places_.add(facts::Value{.kind = facts::ValueKind::Object, .index = add(std::move(path), type)});
}

facts::ValueId Lowering::result(facts::Index instruction) {
  return places_.add(facts::Value{.kind = facts::ValueKind::Result, .index = instruction});
}

facts::ValueId Lowering::functionValue(const clang::FunctionDecl& function, bool is_callee) {
  const facts::SymbolId symbol = symbols_.function(function);
  if (!is_callee) symbols_.markAddressTaken(symbol);
  return places_.add(facts::Value{.kind = facts::ValueKind::Function, .index = symbol});
}

facts::ValueId Lowering::compare(facts::CompareOp op, facts::ValueId left, facts::ValueId right) {
  return places_.add(facts::Value{.kind = facts::ValueKind::Compare, .op = op, .left = left, .right = right});
}

std::optional<facts::Index> Lowering::resultOf(const clang::Expr* expression) const {
  const auto at = results_.find(expression);
  return at == results_.end() ? std::nullopt : std::optional<facts::Index>(at->second);
}

std::optional<std::int64_t> Lowering::constantOf(const clang::Expr* expression) const {
  expression = expression->IgnoreParenImpCasts();
  if (expression->isValueDependent() || !expression->getType()->isScalarType()) return std::nullopt;
  // Only what can be one is evaluated: evaluation is dear.
  switch (expression->getStmtClass()) {
    case clang::Stmt::CXXNullPtrLiteralExprClass:
    case clang::Stmt::GNUNullExprClass:
      return 0;
    case clang::Stmt::DeclRefExprClass: {
      const clang::ValueDecl* declaration = llvm::cast<clang::DeclRefExpr>(expression)->getDecl();
      if (const auto* variable = llvm::dyn_cast<clang::VarDecl>(declaration))
        if (!variable->getType()->isIntegralOrEnumerationType() ||
            !variable->mightBeUsableInConstantExpressions(builder_.context()))
          return std::nullopt;
      break;
    }
    case clang::Stmt::IntegerLiteralClass:
    case clang::Stmt::CharacterLiteralClass:
    case clang::Stmt::CXXBoolLiteralExprClass:
    case clang::Stmt::UnaryExprOrTypeTraitExprClass:
    case clang::Stmt::SubstNonTypeTemplateParmExprClass:
    case clang::Stmt::ConstantExprClass:
      break;
    case clang::Stmt::UnaryOperatorClass: {
      const auto* unary = llvm::cast<clang::UnaryOperator>(expression);
      if (!unary->isArithmeticOp() || !constantOf(unary->getSubExpr())) return std::nullopt;
      break;
    }
    case clang::Stmt::BinaryOperatorClass: {
      const auto* binary = llvm::cast<clang::BinaryOperator>(expression);
      if (binary->isAssignmentOp() || binary->isLogicalOp() || !constantOf(binary->getLHS()) ||
          !constantOf(binary->getRHS()))
        return std::nullopt;
      break;
    }
    case clang::Stmt::CStyleCastExprClass:
    case clang::Stmt::CXXStaticCastExprClass:
    case clang::Stmt::CXXFunctionalCastExprClass: {
      const auto* cast = llvm::cast<clang::CastExpr>(expression);
      const std::optional<std::int64_t> number = constantOf(cast->getSubExpr());
      if (!number || cast->getType()->isPointerType()) return number;
      break;
    }
    default:
      return std::nullopt;
  }
  clang::Expr::EvalResult evaluated;
  if (!expression->EvaluateAsInt(evaluated, builder_.context())) return std::nullopt;
  const llvm::APSInt& number = evaluated.Val.getInt();
  if (number.isSigned() ? !number.isSignedIntN(64) : !number.isIntN(64)) return std::nullopt;
  return number.isSigned() ? number.getSExtValue() : static_cast<std::int64_t>(number.getZExtValue());
}

facts::ValueId Lowering::binding(const clang::Expr* expression) {
  expression = expression->IgnoreParens();
  if (const auto* reference = llvm::dyn_cast<clang::DeclRefExpr>(expression))
    if (const auto* function = llvm::dyn_cast<clang::FunctionDecl>(reference->getDecl()))
      return functionValue(*function, false);
  facts::Path path = place(expression);
  if (path.root == facts::RootKind::Unknown && path.steps.empty()) return unknown();
  return addressOf(std::move(path), expression->getType());
}

facts::ValueId Lowering::castValue(const clang::CastExpr& cast) {
  const clang::Expr* source = cast.getSubExpr();
  switch (cast.getCastKind()) {
    case clang::CK_LValueToRValue:
    case clang::CK_AtomicToNonAtomic: {
      if (cast.getCastKind() == clang::CK_AtomicToNonAtomic) return value(source);
      if (const auto number = constantOf(source)) return constant(*number);
      facts::Path path = place(source);
      if (path.root == facts::RootKind::Unknown && path.steps.empty()) return unknown();
      return load(std::move(path), source->getType());
    }
    case clang::CK_ArrayToPointerDecay: {
      facts::Path path = place(source);
      if (path.root == facts::RootKind::Unknown && path.steps.empty()) return unknown();
      append(path, {.kind = facts::StepKind::Element, .element = facts::ElementKind::Constant, .index = 0});
      const clang::ArrayType* array = builder_.context().getAsArrayType(source->getType());
      return addressOf(std::move(path), array ? array->getElementType() : cast.getType()->getPointeeType());
    }
    case clang::CK_FunctionToPointerDecay: {
      const clang::Expr* named = source->IgnoreParens();
      if (const auto* reference = llvm::dyn_cast<clang::DeclRefExpr>(named))
        if (const auto* function = llvm::dyn_cast<clang::FunctionDecl>(reference->getDecl()))
          return functionValue(*function, false);
      if (const auto* member = llvm::dyn_cast<clang::MemberExpr>(named))
        if (const auto* function = llvm::dyn_cast<clang::FunctionDecl>(member->getMemberDecl()))
          return functionValue(*function, false);
      if (const auto* unary = llvm::dyn_cast<clang::UnaryOperator>(named);
          unary && unary->getOpcode() == clang::UO_Deref)
        return value(unary->getSubExpr());  // (*f) is f
      return binding(source);
    }
    case clang::CK_DerivedToBase:
    case clang::CK_UncheckedDerivedToBase: {
      if (!cast.getType()->isPointerType()) return object(place(&cast), cast.getType());
      facts::Path path = pointee(value(source));
      const clang::CXXRecordDecl* derived = source->getType()->getPointeeType()->getAsCXXRecordDecl();
      for (const clang::CXXBaseSpecifier* step : cast.path()) {
        const clang::CXXRecordDecl* base = step->getType()->getAsCXXRecordDecl();
        if (!derived || !base) break;
        path = baseOf(std::move(path), *derived, *base);
        derived = base;
      }
      return addressOf(std::move(path), cast.getType()->getPointeeType());
    }
    case clang::CK_BaseToDerived:
    case clang::CK_Dynamic: {
      if (!cast.getType()->isPointerType()) return value(source);
      const facts::ValueId pointer = value(source);
      if (places_.value(pointer).kind != facts::ValueKind::AddressOf) return pointer;
      facts::Path path = pointee(pointer);
      while (!path.steps.empty() && path.steps.back().kind == facts::StepKind::Field &&
             builder_.unit().fields[path.steps.back().index].is_base)
        path.steps.pop_back();
      return addressOf(std::move(path), cast.getType()->getPointeeType());
    }
    case clang::CK_IntegralToBoolean:
    case clang::CK_PointerToBoolean:
      return compare(facts::CompareOp::Ne, value(source), constant(0));
    case clang::CK_NullToPointer:
      return constant(0);
    case clang::CK_NoOp:
    case clang::CK_UserDefinedConversion:
    case clang::CK_ConstructorConversion:
    case clang::CK_BitCast:
    case clang::CK_LValueBitCast:
    case clang::CK_IntegralCast:
    case clang::CK_IntegralToPointer:
    case clang::CK_PointerToIntegral:
    case clang::CK_BooleanToSignedIntegral:
    case clang::CK_NonAtomicToAtomic:
    case clang::CK_BuiltinFnToFnPtr:
    case clang::CK_AddressSpaceConversion:
      return source->isGLValue() ? binding(source) : value(source);
    default:
      return unknown();
  }
}

facts::ValueId Lowering::pointerArithmetic(const clang::Expr* pointer, const clang::Expr* offset,
                                           bool negative) {
  const facts::ValueId base = value(pointer);
  const facts::Value row = places_.value(base);
  const facts::Step step = elementStep(offset, negative);
  if (row.kind == facts::ValueKind::AddressOf) {
    facts::Path path = places_.path(row.index);
    if (!path.steps.empty() && path.steps.back().kind == facts::StepKind::Element) {
      facts::Step& last = path.steps.back();
      last = last.element == facts::ElementKind::Constant && last.index == 0
                 ? step
                 : facts::Step{.kind = facts::StepKind::Element};
      return addressOf(std::move(path), pointer->getType()->getPointeeType());
    }
  } else if (row.kind == facts::ValueKind::Load || row.kind == facts::ValueKind::Result) {
    if (step.element == facts::ElementKind::Constant && step.index == 0) return base;
    facts::Path path = pointee(base);
    append(path, step);
    return addressOf(std::move(path), pointer->getType()->getPointeeType());
  }
  return places_.add(
      facts::Value{.kind = facts::ValueKind::Arithmetic, .left = base, .right = value(offset)});
}

facts::ValueId Lowering::binaryValue(const clang::BinaryOperator& binary) {
  using Op = facts::CompareOp;
  const clang::Expr* left = binary.getLHS();
  const clang::Expr* right = binary.getRHS();
  switch (binary.getOpcode()) {
    case clang::BO_EQ:
      return compare(Op::Eq, value(left), value(right));
    case clang::BO_NE:
      return compare(Op::Ne, value(left), value(right));
    case clang::BO_LT:
      return compare(Op::Lt, value(left), value(right));
    case clang::BO_LE:
      return compare(Op::Le, value(left), value(right));
    case clang::BO_GT:
      return compare(Op::Gt, value(left), value(right));
    case clang::BO_GE:
      return compare(Op::Ge, value(left), value(right));
    case clang::BO_Comma:
      return value(right);
    case clang::BO_Add:
      if (left->getType()->isPointerType()) return pointerArithmetic(left, right, false);
      if (right->getType()->isPointerType()) return pointerArithmetic(right, left, false);
      break;
    case clang::BO_Sub:
      if (binary.getType()->isPointerType()) return pointerArithmetic(left, right, true);
      break;
    default:
      if (binary.isAssignmentOp()) {
        if (binary.isCompoundAssignmentOp())
          if (const auto instruction = resultOf(&binary)) return result(*instruction);
        return binary.isGLValue() ? binding(left) : load(place(left), left->getType());
      }
      break;
  }
  if (const auto number = constantOf(&binary)) return constant(*number);
  return places_.add(facts::Value{.kind = facts::ValueKind::Arithmetic,
                                  .number = binary.getOpcode(),
                                  .left = value(left),
                                  .right = value(right)});
}

facts::ValueId Lowering::callValue(const clang::CallExpr& call) {
  switch (call.getBuiltinCallee()) {
    case clang::Builtin::BI__builtin_expect:
    case clang::Builtin::BI__builtin_expect_with_probability:
    case clang::Builtin::BI__builtin_assume_aligned:
    case clang::Builtin::BI__builtin_launder:
      return value(call.getArg(0));
    case clang::Builtin::BIaddressof:
    case clang::Builtin::BI__addressof:
    case clang::Builtin::BI__builtin_addressof:
      return binding(call.getArg(0));
    default:
      break;
  }
  if (isTransparentCall(call)) return binding(call.getArg(0));
  // A captureless lambda as a function pointer.
  if (const auto* member = llvm::dyn_cast<clang::CXXMemberCallExpr>(&call))
    if (const auto* conversion = llvm::dyn_cast_or_null<clang::CXXConversionDecl>(member->getMethodDecl()))
      if (conversion->getParent()->isLambda() && !conversion->getParent()->isGenericLambda())
        if (const clang::CXXMethodDecl* invoker = conversion->getParent()->getLambdaStaticInvoker())
          return functionValue(*invoker, false);
  if (const auto instruction = resultOf(&call)) return result(*instruction);
  return unknown();
}

facts::ValueId Lowering::value(const clang::Expr* expression) {
  expression = expression->IgnoreParens();
  if (const auto number = constantOf(expression)) return constant(*number);
  if (const auto gathered = plan_->gathers.find(expression); gathered != plan_->gathers.end()) {
    facts::Path path = temporaryPlace(gathered->second);
    return load(std::move(path), expression->getType());
  }
  if (const auto* cast = llvm::dyn_cast<clang::CastExpr>(expression)) {
    if (expression->isGLValue()) return binding(expression);
    return castValue(*cast);
  }
  if (const auto* unary = llvm::dyn_cast<clang::UnaryOperator>(expression)) {
    switch (unary->getOpcode()) {
      case clang::UO_AddrOf:
        return binding(unary->getSubExpr());
      case clang::UO_LNot:
        return places_.add(facts::Value{.kind = facts::ValueKind::Not, .left = value(unary->getSubExpr())});
      case clang::UO_Plus:
      case clang::UO_Extension:
        return value(unary->getSubExpr());
      default:
        break;
    }
    if (unary->isIncrementDecrementOp()) {
      if (const auto instruction = resultOf(unary)) return result(*instruction);
      const clang::Expr* operand = unary->getSubExpr();
      if (unary->isGLValue()) return binding(operand);
      const facts::ValueId now = load(place(operand), operand->getType());
      if (unary->isPrefix()) return now;
      return places_.add(facts::Value{
          .kind = facts::ValueKind::Arithmetic, .number = clang::BO_Sub, .left = now, .right = constant(1)});
    }
    if (unary->isGLValue()) return binding(unary);
    return places_.add(facts::Value{.kind = facts::ValueKind::Arithmetic,
                                    .number = -1 - unary->getOpcode(),
                                    .left = value(unary->getSubExpr())});
  }
  if (const auto* binary = llvm::dyn_cast<clang::BinaryOperator>(expression)) return binaryValue(*binary);
  if (const auto* call = llvm::dyn_cast<clang::CallExpr>(expression)) {
    if (call->isGLValue()) return binding(call);
    if (!call->getType()->isRecordType()) return callValue(*call);
    return object(place(call), call->getType());
  }
  if (const auto* created = llvm::dyn_cast<clang::CXXNewExpr>(expression)) {
    const clang::FunctionDecl* allocator = created->getOperatorNew();
    if (allocator && allocator->isReservedGlobalPlacementOperator() && created->getNumPlacementArgs() == 1)
      return value(created->getPlacementArg(0));
    if (const auto instruction = resultOf(created)) return result(*instruction);
    return unknown();
  }
  if (llvm::isa<clang::CXXThisExpr>(expression))
    return addressOf(thisObject(), expression->getType()->getPointeeType());
  if (const auto* full = llvm::dyn_cast<clang::FullExpr>(expression)) return value(full->getSubExpr());
  if (const auto* opaque = llvm::dyn_cast<clang::OpaqueValueExpr>(expression))
    return opaque->getSourceExpr() ? value(opaque->getSourceExpr()) : unknown();
  if (const auto* block = llvm::dyn_cast<clang::StmtExpr>(expression)) {
    const clang::CompoundStmt* body = block->getSubStmt();
    const auto* last = body->body_empty() ? nullptr : llvm::dyn_cast<clang::Expr>(body->body_back());
    return last ? value(last) : unknown();
  }
  if (const auto* initial = llvm::dyn_cast<clang::CXXDefaultInitExpr>(expression))
    return value(initial->getExpr());
  if (const auto* initial = llvm::dyn_cast<clang::CXXDefaultArgExpr>(expression)) {
    // Its expression is not in the graph: what it calls is not known here.
    const auto number = constantOf(initial->getExpr());
    return number ? constant(*number) : unknown();
  }
  if (const auto* selection = llvm::dyn_cast<clang::GenericSelectionExpr>(expression))
    return value(selection->getResultExpr());
  if (const auto* choice = llvm::dyn_cast<clang::ChooseExpr>(expression))
    return value(choice->getChosenSubExpr());
  if (const auto* substituted = llvm::dyn_cast<clang::SubstNonTypeTemplateParmExpr>(expression))
    return value(substituted->getReplacement());
  if (llvm::isa<clang::ImplicitValueInitExpr, clang::CXXScalarValueInitExpr>(expression) &&
      expression->getType()->isScalarType())
    return constant(0);
  if (llvm::isa<clang::AtomicExpr>(expression)) {
    const auto instruction = resultOf(expression);
    return instruction ? result(*instruction) : unknown();
  }
  if (expression->isPRValue() && expression->getType()->isRecordType()) {
    facts::Path path = place(expression);
    if (path.root == facts::RootKind::Unknown && path.steps.empty()) return unknown();
    return object(std::move(path), expression->getType());
  }
  if (const auto* list = llvm::dyn_cast<clang::InitListExpr>(expression); list && list->getNumInits() == 1)
    return value(list->getInit(0));
  if (expression->isGLValue()) return binding(expression);
  return unknown();
}

}  // namespace gridlock::extract
