// Atomic operations as accesses: members of std::atomic and its kind, C11's and the compilers' builtins.
//
// The instruction is a Read, Write or ReadWrite of the object with its order as flags. It also says
// which operation it is, as a callee named "atomic_load", "atomic_store", "atomic_exchange",
// "atomic_compare_exchange", "atomic_fetch_op" or "atomic_test_and_set", with the operands as arguments;
// the value of the expression is the Result of that instruction.
#include "analyzer/extract/instructions.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/Builtins.h"
#include "llvm/ADT/StringSwitch.h"

namespace gridlock::extract {

using facts::InstructionKind;

namespace {

// std::memory_order and __ATOMIC_*: relaxed, consume, acquire, release, acq_rel, seq_cst.
std::uint32_t orderFlags(std::optional<std::int64_t> order) {
  constexpr std::uint32_t kBoth = facts::kInstrAcquire | facts::kInstrRelease;
  if (!order) return kBoth;
  switch (*order) {
    case 0:
      return 0;
    case 1:
    case 2:
      return facts::kInstrAcquire;
    case 3:
      return facts::kInstrRelease;
    default:
      return kBoth;
  }
}

// The order, when `expression` is one; nothing when it is not known here.
std::optional<std::int64_t> orderOf(const Lowering& lowering, const clang::Expr* expression) {
  if (const auto* initial = llvm::dyn_cast<clang::CXXDefaultArgExpr>(expression))
    expression = initial->getExpr();
  return lowering.constantOf(expression);
}

bool isOrder(const clang::Expr& expression) {
  const auto* named = expression.getType()->getAs<clang::EnumType>();
  return named && named->getDecl()->getName() == "memory_order";
}

}  // namespace

std::optional<Instructions::AtomicAccess> Instructions::atomicAccess(llvm::StringRef operation,
                                                                     std::optional<std::int64_t> order) {
  const std::uint32_t flags = orderFlags(order);
  if (operation == "load" || operation == "test")
    return AtomicAccess{InstructionKind::Read, "atomic_load", flags & facts::kInstrAcquire};
  if (operation == "store" || operation == "clear")
    return AtomicAccess{InstructionKind::Write, "atomic_store", flags & facts::kInstrRelease};
  if (operation == "exchange") return AtomicAccess{InstructionKind::ReadWrite, "atomic_exchange", flags};
  if (operation == "test_and_set")
    return AtomicAccess{InstructionKind::ReadWrite, "atomic_test_and_set", flags};
  if (operation.starts_with("compare_exchange"))
    return AtomicAccess{InstructionKind::ReadWrite, "atomic_compare_exchange", flags};
  if (operation.starts_with("fetch_") || operation == "fetch")
    return AtomicAccess{InstructionKind::ReadWrite, "atomic_fetch_op", flags};
  return std::nullopt;
}

void Instructions::emitAtomic(const clang::Expr& expression, const AtomicAccess& access, facts::Path place,
                              clang::QualType type, std::vector<facts::ValueId> arguments,
                              clang::SourceLocation location) {
  facts::Instruction row{.kind = access.kind, .flags = facts::kInstrAtomic | access.order};
  if (access.kind != InstructionKind::Read) row.value = lowering_.unknown();
  if (access.kind == InstructionKind::Write)
    row.value = arguments.empty() ? lowering_.constant(0) : arguments[0];
  row.args.push_back(lowering_.addressOf(place, type));
  row.args.insert(row.args.end(), arguments.begin(), arguments.end());
  const facts::Path read_from = place;
  row.path = lowering_.add(std::move(place), type);
  const facts::SymbolId name = lowering_.symbols().builtin(access.name);
  row.callee = lowering_.places().add(facts::Value{.kind = facts::ValueKind::Function, .index = name});
  lowering_.setResult(&expression, emit(std::move(row), location));
  // An object that is read goes where it is wanted (std::atomic<std::shared_ptr<T>>).
  if (access.kind == InstructionKind::Write || !expression.isPRValue() ||
      !expression.getType()->isRecordType())
    return;
  const auto target = lowering_.plan().destinations.find(&expression);
  if (target != lowering_.plan().destinations.end())
    write(lowering_.placeOf(*target->second), expression.getType(),
          lowering_.load(read_from, expression.getType()), facts::kInstrInitialisation, location);
}

bool Instructions::atomicMember(const clang::CallExpr& call) {
  const auto* method = llvm::dyn_cast_or_null<clang::CXXMethodDecl>(call.getDirectCallee());
  if (!method || !Types::isAtomicRecord(*method->getParent()) || !method->isInstance()) return false;
  const clang::Expr* object = nullptr;
  unsigned first = 0;
  if (const auto* member = llvm::dyn_cast<clang::CXXMemberCallExpr>(&call)) {
    object = member->getImplicitObjectArgument();
  } else if (llvm::isa<clang::CXXOperatorCallExpr>(call)) {
    object = call.getArg(0);
    first = 1;
  }
  if (!object) return false;

  std::string operation;
  if (method->getIdentifier()) operation = method->getName().str();
  if (llvm::isa<clang::CXXConversionDecl>(method)) operation = "load";
  if (method->isOverloadedOperator())
    operation = method->getOverloadedOperator() == clang::OO_Equal ? "store" : "fetch_op";

  std::optional<std::int64_t> order = 5;
  std::vector<facts::ValueId> arguments;
  for (unsigned at = first; at < call.getNumArgs(); ++at) {
    if (isOrder(*call.getArg(at))) {
      // compare_exchange has two: the first is that of success.
      if (order == 5) order = orderOf(lowering_, call.getArg(at));
      if (order == 5) order = 6;
    } else {
      arguments.push_back(lowering_.argument(call.getArg(at)));
    }
  }
  const auto access = atomicAccess(operation, order);
  if (!access) return false;
  const bool is_pointer = object->getType()->isPointerType();
  facts::Path place = is_pointer ? lowering_.pointee(lowering_.value(object)) : lowering_.place(object);
  const clang::QualType type = is_pointer ? object->getType()->getPointeeType() : object->getType();
  if (method->getParent()->getName().contains("atomic_ref"))
    place.steps.push_back({.kind = facts::StepKind::Deref});
  emitAtomic(call, *access, std::move(place), type, std::move(arguments), call.getExprLoc());
  return true;
}

bool Instructions::atomicBuiltin(const clang::CallExpr& call) {
  const clang::FunctionDecl* function = call.getDirectCallee();
  if (!function || call.getNumArgs() == 0) return false;
  std::string operation;
  std::optional<std::int64_t> order = 5;
  std::vector<facts::ValueId> arguments;
  if (function->getBuiltinID() != 0) {
    llvm::StringRef name = lowering_.builder().context().BuiltinInfo.getName(function->getBuiltinID());
    if (name == "__atomic_test_and_set" || name == "__atomic_clear") {
      operation = name == "__atomic_clear" ? "clear" : "test_and_set";
      if (call.getNumArgs() > 1) order = lowering_.constantOf(call.getArg(1));
      const auto access = atomicAccess(operation, order);
      const clang::Expr* flag = call.getArg(0)->IgnoreParenImpCasts();
      emitAtomic(call, *access, lowering_.pointee(lowering_.value(flag)),
                 flag->getType()->isPointerType() ? flag->getType()->getPointeeType() : flag->getType(), {},
                 call.getExprLoc());
      return true;
    }
    if (!name.consume_front("__sync_")) return false;
    if (name.starts_with("lock_test_and_set")) {
      operation = "exchange";
      order = 2;
    } else if (name.starts_with("lock_release")) {
      operation = "store";
      order = 3;
    } else if (name.contains("compare_and_swap")) {
      operation = "compare_exchange";
    } else if (name.starts_with("fetch_and_") || name.contains("_and_fetch")) {
      operation = "fetch_op";
    } else {
      return false;
    }
    for (unsigned at = 1; at < call.getNumArgs(); ++at)
      arguments.push_back(lowering_.argument(call.getArg(at)));
  } else {
    // std::atomic_load(&x) and its kind.
    if (!function->isInStdNamespace() || !function->getIdentifier()) return false;
    llvm::StringRef name = function->getName();
    if (!name.consume_front("atomic_")) return false;
    name.consume_front("flag_");
    name.consume_back("_explicit");
    operation = name.str();
    for (unsigned at = 1; at < call.getNumArgs(); ++at) {
      if (isOrder(*call.getArg(at))) {
        if (order == 5) order = orderOf(lowering_, call.getArg(at));
      } else {
        arguments.push_back(lowering_.argument(call.getArg(at)));
      }
    }
  }
  const auto access = atomicAccess(operation, order);
  const clang::Expr* pointer = call.getArg(0);
  if (!access || !pointer->getType()->isPointerType()) return false;
  emitAtomic(call, *access, lowering_.pointee(lowering_.value(pointer)), pointer->getType()->getPointeeType(),
             std::move(arguments), call.getExprLoc());
  return true;
}

void Instructions::atomicExpression(const clang::AtomicExpr& atomic) {
  std::string operation = "fetch_op";
  using Op = clang::AtomicExpr::AtomicOp;
  switch (atomic.getOp()) {
    case Op::AO__c11_atomic_init: {
      // Not atomic at all.
      write(lowering_.pointee(lowering_.value(atomic.getPtr())), atomic.getPtr()->getType()->getPointeeType(),
            lowering_.value(atomic.getVal1()), facts::kInstrInitialisation | facts::kInstrAtomic,
            atomic.getBeginLoc());
      return;
    }
    case Op::AO__c11_atomic_load:
    case Op::AO__atomic_load:
    case Op::AO__atomic_load_n:
      operation = "load";
      break;
    case Op::AO__c11_atomic_store:
    case Op::AO__atomic_store:
    case Op::AO__atomic_store_n:
      operation = "store";
      break;
    case Op::AO__c11_atomic_exchange:
    case Op::AO__atomic_exchange:
    case Op::AO__atomic_exchange_n:
      operation = "exchange";
      break;
    default:
      if (atomic.isCmpXChg()) operation = "compare_exchange";
      break;
  }
  std::vector<facts::ValueId> arguments;
  const bool has_value = operation != "load" && atomic.getNumSubExprs() > 2;
  if (has_value) {
    arguments.push_back(lowering_.argument(atomic.getVal1()));
    if (operation == "compare_exchange") arguments.push_back(lowering_.argument(atomic.getVal2()));
  }
  const auto access = atomicAccess(operation, lowering_.constantOf(atomic.getOrder()));
  if (!access) return;
  const clang::Expr* pointer = atomic.getPtr();
  emitAtomic(atomic, *access, lowering_.pointee(lowering_.value(pointer)),
             pointer->getType()->getPointeeType(), std::move(arguments), atomic.getBeginLoc());
}

}  // namespace gridlock::extract
