// Expressions to places: a root and the steps from there. See lowering.h.
//
// p[0] is *p, a decayed array is its element 0, and pointer arithmetic moves along elements, so that
// `&a[i]`, `a + i` and `*(a + i)` name one place.
#include <utility>

#include "analyzer/extract/lowering.h"

namespace gridlock::extract {

Lowering::Lowering(UnitBuilder& builder, Types& types, Symbols& symbols, const clang::FunctionDecl* function)
    : builder_(builder), types_(types), symbols_(symbols), declaration_(function) {
  if (const auto* method = llvm::dyn_cast_or_null<clang::CXXMethodDecl>(function);
      method && method->getParent()->isLambda() && method->getOverloadedOperator() == clang::OO_Call)
    method->getParent()->getCaptureFields(captures_, this_capture_);
}

void Lowering::usePlan(const Plan& plan) {
  plan_ = &plan;
  temporaries_.assign(plan.temporaries.size(), facts::kNoIndex);
}

void Lowering::append(facts::Path& path, facts::Step step) {
  if (path.steps.size() < facts::kMaxSteps) {
    path.steps.push_back(step);
  } else if (path.steps.back().kind != facts::StepKind::Deeper) {
    path.steps.push_back({.kind = facts::StepKind::Deeper});
  }
}

std::string Lowering::text(const facts::Path& path) {
  std::string out;
  switch (path.root) {
    case facts::RootKind::Global:
      out = builder_.text(builder_.unit().symbols[path.index].qualified);
      break;
    case facts::RootKind::Parameter:
      out = builder_.text(function_.parameter_names[path.index]);
      break;
    case facts::RootKind::This:
      out = "this";
      break;
    case facts::RootKind::Local:
    case facts::RootKind::Temporary:
      out = builder_.text(function_.locals[path.index].name);
      break;
    case facts::RootKind::Result: {
      const facts::Instruction& row = function_.instructions[path.index];
      if (row.callee == facts::kNoIndex) break;
      const facts::Value& callee = places_.value(row.callee);
      if (callee.kind == facts::ValueKind::Function)
        out = builder_.text(builder_.unit().symbols[callee.index].qualified) + "()";
      break;
    }
    case facts::RootKind::Unknown:
      break;
  }
  if (out.empty()) out = "…";
  for (std::size_t at = 0; at < path.steps.size(); ++at) {
    const facts::Step& step = path.steps[at];
    switch (step.kind) {
      case facts::StepKind::Deref:
        // p->f, and *p at the end; references show no star.
        if (at + 1 < path.steps.size() && path.steps[at + 1].kind == facts::StepKind::Field) {
          out += "->";
        } else if (at + 1 == path.steps.size()) {
          out = "*" + out;
        }
        break;
      case facts::StepKind::Field: {
        const facts::Field& field = builder_.unit().fields[step.index];
        if (field.is_base || field.name == 0) break;
        if (!out.ends_with("->")) out += ".";
        out += builder_.text(field.name);
        break;
      }
      case facts::StepKind::Element:
        if (step.element == facts::ElementKind::Constant) {
          out += "[" + std::to_string(static_cast<std::int32_t>(step.index)) + "]";
        } else if (step.element == facts::ElementKind::Value &&
                   places_.value(step.index).kind == facts::ValueKind::Load) {
          out += "[" + builder_.text(places_.path(places_.value(step.index).index).text) + "]";
        } else {
          out += "[]";
        }
        break;
      case facts::StepKind::Deeper:
        out += "…";
        break;
    }
  }
  if (out.starts_with("this->")) out.erase(0, 6);
  return out;
}

facts::PathId Lowering::add(facts::Path path, clang::QualType type) {
  path.type = types_.of(type);
  path.text = builder_.string(text(path));
  return places_.add(std::move(path));
}

facts::Index Lowering::localIndex(const clang::VarDecl& variable) {
  const auto [at, is_new] =
      locals_.try_emplace(&variable, static_cast<facts::Index>(function_.locals.size()));
  if (is_new) {
    facts::Local local;
    local.name = builder_.string(variable.getName());
    local.type = types_.of(variable.getType());
    local.declared = builder_.site(variable.getLocation());
    local.address_taken = plan_->address_taken.count(&variable) != 0;
    if (variable.isExceptionVariable()) local.kind = facts::LocalKind::ExceptionObject;
    function_.locals.push_back(local);
  }
  return at->second;
}

facts::Path Lowering::temporaryPlace(unsigned temporary) {
  facts::Index& index = temporaries_[temporary];
  const Temporary& made = plan_->temporaries[temporary];
  if (index == facts::kNoIndex) {
    index = static_cast<facts::Index>(function_.locals.size());
    facts::Local local;
    local.kind = facts::LocalKind::Temporary;
    local.type = types_.of(made.type);
    local.declared = builder_.site(made.expression->getExprLoc());
    local.address_taken = made.kind != Temporary::Kind::Gathered;
    function_.locals.push_back(local);
  }
  return {.root = facts::RootKind::Temporary, .index = index};
}

facts::Path Lowering::thisObject() {
  facts::Path path{.root = facts::RootKind::This};
  if (this_capture_) {
    append(path, {.kind = facts::StepKind::Deref});
    append(path, {.kind = facts::StepKind::Field, .index = types_.field(*this_capture_)});
    if (!this_capture_->getType()->isPointerType()) return path;  // [*this]
  }
  append(path, {.kind = facts::StepKind::Deref});
  return path;
}

facts::Path Lowering::slotOf(const clang::VarDecl& variable) {
  if (const auto capture = captures_.find(&variable); capture != captures_.end()) {
    facts::Path path{.root = facts::RootKind::This};
    append(path, {.kind = facts::StepKind::Deref});
    append(path, {.kind = facts::StepKind::Field, .index = types_.field(*capture->second)});
    return path;
  }
  if (variable.hasGlobalStorage())
    return {.root = facts::RootKind::Global, .index = symbols_.variable(variable)};
  if (const auto* parameter = llvm::dyn_cast<clang::ParmVarDecl>(&variable);
      parameter && declaration_ && parameter->getDeclContext() == declaration_)
    return {.root = facts::RootKind::Parameter, .index = parameter->getFunctionScopeIndex()};
  return {.root = facts::RootKind::Local, .index = localIndex(variable)};
}

facts::Path Lowering::placeOf(const clang::VarDecl& variable) {
  facts::Path path = slotOf(variable);
  const auto capture = captures_.find(&variable);
  const clang::QualType type = capture != captures_.end() ? capture->second->getType() : variable.getType();
  if (type->isReferenceType()) append(path, {.kind = facts::StepKind::Deref});
  return path;
}

facts::Path Lowering::fieldSlot(facts::Path object, const clang::FieldDecl& field) {
  append(object, {.kind = facts::StepKind::Field, .index = types_.field(field)});
  return object;
}

facts::Path Lowering::fieldOf(facts::Path object, const clang::FieldDecl& field) {
  object = fieldSlot(std::move(object), field);
  if (field.getType()->isReferenceType()) append(object, {.kind = facts::StepKind::Deref});
  return object;
}

facts::Path Lowering::baseOf(facts::Path object, const clang::CXXRecordDecl& derived,
                             const clang::CXXRecordDecl& base) {
  // Within atomics the bases are an implementation detail.
  if (Types::isAtomicRecord(derived)) return object;
  append(object, {.kind = facts::StepKind::Field, .index = types_.base(derived, base)});
  return object;
}

facts::Path Lowering::placeOf(const Destination& destination) {
  switch (destination.kind) {
    case Destination::Kind::Variable:
      return slotOf(*destination.variable);
    case Destination::Kind::Temporary:
      return temporaryPlace(destination.temporary);
    case Destination::Kind::This:
      return thisObject();
    case Destination::Kind::Field:
      return fieldSlot(placeOf(*destination.parent), *destination.field);
    case Destination::Kind::Base:
      return baseOf(placeOf(*destination.parent), *destination.derived, *destination.base);
    case Destination::Kind::Element: {
      facts::Path path = placeOf(*destination.parent);
      append(path, {.kind = facts::StepKind::Element,
                    .element = facts::ElementKind::Constant,
                    .index = destination.element});
      return path;
    }
    case Destination::Kind::Allocation: {
      facts::Path path = pointee(value(destination.allocation));
      if (destination.allocation->isArray())
        append(path, {.kind = facts::StepKind::Element, .element = facts::ElementKind::Any});
      return path;
    }
  }
  return {};
}

facts::Path Lowering::unknownPlace(const clang::Expr* expression) {
  const auto [at, is_new] = unknowns_.try_emplace(expression, next_unknown_);
  if (is_new) ++next_unknown_;
  return {.root = facts::RootKind::Unknown, .index = at->second};
}

facts::Path Lowering::pointee(facts::ValueId pointer) {
  const facts::Value& row = places_.value(pointer);
  facts::Path path;
  switch (row.kind) {
    case facts::ValueKind::Load:
      path = places_.path(row.index);
      append(path, {.kind = facts::StepKind::Deref});
      return path;
    case facts::ValueKind::AddressOf:
    case facts::ValueKind::Object:
      return places_.path(row.index);
    case facts::ValueKind::Result:
      path = {.root = facts::RootKind::Result, .index = row.index};
      append(path, {.kind = facts::StepKind::Deref});
      return path;
    case facts::ValueKind::Arithmetic:
      path = pointee(row.left);
      if (path.steps.empty() || path.steps.back().kind != facts::StepKind::Element ||
          path.steps.back().element != facts::ElementKind::Any)
        append(path, {.kind = facts::StepKind::Element, .element = facts::ElementKind::Any});
      return path;
    default:
      return {.root = facts::RootKind::Unknown, .index = next_unknown_++};
  }
}

facts::Step Lowering::elementStep(const clang::Expr* index, bool negative) {
  facts::Step step{.kind = facts::StepKind::Element};
  if (std::optional<std::int64_t> number = constantOf(index)) {
    if (negative) *number = -*number;
    if (std::in_range<std::int32_t>(*number)) {
      step.element = facts::ElementKind::Constant;
      step.index = static_cast<facts::Index>(static_cast<std::int32_t>(*number));
    }
    return step;
  }
  if (negative) return step;
  const facts::ValueId at = value(index);
  if (places_.value(at).kind == facts::ValueKind::Unknown) return step;
  step.element = facts::ElementKind::Value;
  step.index = at;
  return step;
}

facts::Path Lowering::subscript(const clang::ArraySubscriptExpr& expression) {
  const facts::ValueId base = value(expression.getBase());
  const facts::Step step = elementStep(expression.getIdx(), false);
  facts::Path path = pointee(base);
  const bool is_array = places_.value(base).kind == facts::ValueKind::AddressOf && !path.steps.empty() &&
                        path.steps.back().kind == facts::StepKind::Element;
  if (is_array) {
    facts::Step& last = path.steps.back();
    if (last.element == facts::ElementKind::Constant && last.index == 0) {
      last = step;
    } else {
      last = {.kind = facts::StepKind::Element};
    }
    return path;
  }
  if (step.element == facts::ElementKind::Constant && step.index == 0) return path;
  if (!path.steps.empty() && path.steps.back().kind == facts::StepKind::Element) {
    path.steps.back() = {.kind = facts::StepKind::Element};
    return path;
  }
  append(path, step);
  return path;
}

facts::Path Lowering::castPlace(const clang::CastExpr& cast) {
  const clang::Expr* source = cast.getSubExpr();
  switch (cast.getCastKind()) {
    case clang::CK_DerivedToBase:
    case clang::CK_UncheckedDerivedToBase: {
      facts::Path path = place(source);
      const clang::CXXRecordDecl* derived = source->getType()->getAsCXXRecordDecl();
      for (const clang::CXXBaseSpecifier* step : cast.path()) {
        const clang::CXXRecordDecl* base = step->getType()->getAsCXXRecordDecl();
        if (!derived || !base) break;
        path = baseOf(std::move(path), *derived, *base);
        derived = base;
      }
      return path;
    }
    case clang::CK_BaseToDerived:
    case clang::CK_Dynamic: {
      facts::Path path = place(source);
      while (!path.steps.empty() && path.steps.back().kind == facts::StepKind::Field &&
             builder_.unit().fields[path.steps.back().index].is_base)
        path.steps.pop_back();
      return path;
    }
    default:
      return source->isGLValue() || source->getType()->isRecordType() ? place(source) : unknownPlace(&cast);
  }
}

// `auto& [key, value] = pair`: the members, which std::get hides.
std::optional<facts::Path> Lowering::partOfPair(const clang::BindingDecl& binding) {
  const auto* decomposed = llvm::dyn_cast_or_null<clang::DecompositionDecl>(binding.getDecomposedDecl());
  if (!decomposed) return std::nullopt;
  const clang::CXXRecordDecl* record = decomposed->getType().getNonReferenceType()->getAsCXXRecordDecl();
  if (!record || !record->isInStdNamespace() || !record->getIdentifier() || record->getName() != "pair")
    return std::nullopt;
  auto field = record->field_begin();
  for (const clang::BindingDecl* each : decomposed->bindings()) {
    if (field == record->field_end()) break;
    if (each == &binding) return fieldOf(placeOf(*decomposed), **field);
    ++field;
  }
  return std::nullopt;
}

facts::Path Lowering::place(const clang::Expr* expression) {
  expression = expression->IgnoreParens();
  if (const auto* reference = llvm::dyn_cast<clang::DeclRefExpr>(expression)) {
    if (const auto* variable = llvm::dyn_cast<clang::VarDecl>(reference->getDecl()))
      return placeOf(*variable);
    if (const auto* binding = llvm::dyn_cast<clang::BindingDecl>(reference->getDecl())) {
      if (captures_.count(binding)) {
        facts::Path path{.root = facts::RootKind::This};
        append(path, {.kind = facts::StepKind::Deref});
        return fieldOf(std::move(path), *captures_[binding]);
      }
      if (auto part = partOfPair(*binding)) return *part;
      if (const clang::VarDecl* holder = binding->getHoldingVar()) return placeOf(*holder);
      if (binding->getBinding()) return place(binding->getBinding());
    }
    return unknownPlace(expression);
  }
  if (const auto* member = llvm::dyn_cast<clang::MemberExpr>(expression)) {
    if (const auto* variable = llvm::dyn_cast<clang::VarDecl>(member->getMemberDecl()))
      return placeOf(*variable);
    const auto* field = llvm::dyn_cast<clang::FieldDecl>(member->getMemberDecl());
    if (!field) return unknownPlace(expression);
    return fieldOf(member->isArrow() ? pointee(value(member->getBase())) : place(member->getBase()), *field);
  }
  if (const auto* array = llvm::dyn_cast<clang::ArraySubscriptExpr>(expression)) return subscript(*array);
  if (const auto* unary = llvm::dyn_cast<clang::UnaryOperator>(expression))
    return unary->getOpcode() == clang::UO_Deref ? pointee(value(unary->getSubExpr()))
                                                 : place(unary->getSubExpr());
  if (const auto* binary = llvm::dyn_cast<clang::BinaryOperator>(expression)) {
    if (binary->getOpcode() == clang::BO_Comma) return place(binary->getRHS());
    if (binary->isAssignmentOp()) return place(binary->getLHS());
    return unknownPlace(expression);
  }
  if (const auto gathered = plan_->gathers.find(expression); gathered != plan_->gathers.end()) {
    facts::Path path = temporaryPlace(gathered->second);
    if (expression->isGLValue()) append(path, {.kind = facts::StepKind::Deref});
    return path;
  }
  if (expression->isPRValue() ||
      llvm::isa<clang::MaterializeTemporaryExpr, clang::CompoundLiteralExpr>(expression))
    if (const auto target = plan_->destinations.find(expression); target != plan_->destinations.end())
      return placeOf(*target->second);
  if (const auto* full = llvm::dyn_cast<clang::FullExpr>(expression)) return place(full->getSubExpr());
  if (const auto* cast = llvm::dyn_cast<clang::CastExpr>(expression)) return castPlace(*cast);
  if (const auto* call = llvm::dyn_cast<clang::CallExpr>(expression)) {
    if (isTransparentCall(*call)) return place(call->getArg(0));
    const auto instruction = resultOf(call);
    if (!instruction) return unknownPlace(expression);
    facts::Path path{.root = facts::RootKind::Result, .index = *instruction};
    if (call->isGLValue()) append(path, {.kind = facts::StepKind::Deref});
    return path;
  }
  if (const auto* bound = llvm::dyn_cast<clang::CXXBindTemporaryExpr>(expression))
    return place(bound->getSubExpr());
  if (const auto* made = llvm::dyn_cast<clang::MaterializeTemporaryExpr>(expression))
    return place(made->getSubExpr());
  if (const auto* opaque = llvm::dyn_cast<clang::OpaqueValueExpr>(expression))
    return opaque->getSourceExpr() ? place(opaque->getSourceExpr()) : unknownPlace(expression);
  if (const auto* block = llvm::dyn_cast<clang::StmtExpr>(expression)) {
    const clang::CompoundStmt* body = block->getSubStmt();
    const auto* last = body->body_empty() ? nullptr : llvm::dyn_cast<clang::Expr>(body->body_back());
    return last ? place(last) : unknownPlace(expression);
  }
  if (const auto* selection = llvm::dyn_cast<clang::GenericSelectionExpr>(expression))
    return place(selection->getResultExpr());
  if (const auto* choice = llvm::dyn_cast<clang::ChooseExpr>(expression))
    return place(choice->getChosenSubExpr());
  if (const auto* initial = llvm::dyn_cast<clang::CXXDefaultInitExpr>(expression))
    return place(initial->getExpr());
  if (const auto* substituted = llvm::dyn_cast<clang::SubstNonTypeTemplateParmExpr>(expression))
    return place(substituted->getReplacement());
  if (const auto* list = llvm::dyn_cast<clang::InitListExpr>(expression); list && list->getNumInits() == 1)
    return place(list->getInit(0));
  return unknownPlace(expression);
}

bool Lowering::isPrivate(const facts::Path& path) const {
  for (const facts::Step& step : path.steps)
    if (step.kind == facts::StepKind::Deref) return false;
  switch (path.root) {
    case facts::RootKind::Local:
    case facts::RootKind::Temporary:
      return !function_.locals[path.index].address_taken;
    case facts::RootKind::Parameter:
      return !function_.parameter_address_taken[path.index];
    case facts::RootKind::Result:
      return true;  // a returned object
    case facts::RootKind::This:
      return true;  // the object pointer itself
    default:
      return false;
  }
}

}  // namespace gridlock::extract
