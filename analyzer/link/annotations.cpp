// See annotations.h.
#include "analyzer/link/annotations.h"

#include <algorithm>

namespace gridlock::link {

namespace {

// One text wherever it is needed, so that it is inserted once.
constexpr std::string_view kMacros = R"(
// Checked by Clang (-Wthread-safety) where the library's locks are annotated: in libc++, on demand.
#ifndef GUARDED_BY
#if defined(__clang__) && defined(_LIBCPP_ENABLE_THREAD_SAFETY_ANNOTATIONS)
#define GUARDED_BY(lock) __attribute__((guarded_by(lock)))
#define REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#else
#define GUARDED_BY(lock)
#define REQUIRES(...)
#endif
#endif
)";

bool isAcquire(facts::AttributeKind kind) {
  return kind == facts::AttributeKind::Acquire || kind == facts::AttributeKind::AcquireShared;
}

// Calls `found` for the paths an instruction gives an address of.
void forAddresses(const facts::Unit& unit, facts::ValueId value, const auto& found) {
  if (value == kNone) return;
  const facts::Value& row = unit.values[value];
  if (row.kind == facts::ValueKind::AddressOf || row.kind == facts::ValueKind::Object) found(row.index);
  forAddresses(unit, row.left, found);
  forAddresses(unit, row.right, found);
}

}  // namespace

struct AnnotationProposer::Lock {
  Index field = kNone;   // beside the state
  Index symbol = kNone;  // or a variable
  PlaceId place = 0;
  std::string text;         // as an annotation names it
  bool capability = false;  // Clang checks it
};

struct AnnotationProposer::Uses {
  Index field = kNone, symbol = kNone;
  std::set<Gid> guarded, others;
  std::set<Index> rely_on_caller;  // functions
};

AnnotationProposer::AnnotationProposer(Reporter& reporter) : reporter_(reporter), world_(reporter.world) {
  const Program& program = world_.program;
  for (const UnitMap& map : program.maps()) {
    for (const facts::AnnotationPlace& row : map.unit->annotation_places) {
      const Where where{map.unit, &row, program.files[map.files[row.file]]};
      if (row.field != kNone) fields_.try_emplace(map.fields[row.field], where);
      if (row.symbol != kNone) symbols_.try_emplace(map.symbols[row.symbol], where);
    }
    for (const facts::Attribute& row : map.unit->attributes) {
      const bool guards =
          row.kind == facts::AttributeKind::GuardedBy || row.kind == facts::AttributeKind::PtGuardedBy;
      if (row.field != kNone && guards) annotated_fields_.insert(map.fields[row.field]);
      if (row.symbol == kNone) continue;
      if (guards) annotated_symbols_.insert(map.symbols[row.symbol]);
      if (isAcquire(row.kind)) acquires_.insert(map.symbols[row.symbol]);
      if (row.kind == facts::AttributeKind::Requires) requires_lock_.insert(map.symbols[row.symbol]);
    }
  }
  if (fields_.empty() && symbols_.empty()) return;
  for (const Access& access : world_.accesses) {
    for (PlaceId p = access.place; p != kNone; p = world_.parts[p].parent)
      if (world_.parts[p].step == facts::StepKind::Field)
        accesses_of_field_[world_.parts[p].field].push_back(&access);
    const Object& object = world_.objectOf(access.place);
    if (object.kind == ObjectKind::Global) accesses_of_symbol_[object.a].push_back(&access);
  }
}

AnnotationProposer::Where AnnotationProposer::placeOfField(Index field) const {
  const auto at = fields_.find(field);
  return at == fields_.end() ? Where() : at->second;
}

AnnotationProposer::Where AnnotationProposer::placeOfSymbol(Index symbol) const {
  const auto at = symbols_.find(symbol);
  return at == symbols_.end() ? Where() : at->second;
}

std::optional<AnnotationProposer::Lock> AnnotationProposer::lockOf(PlaceId guard) const {
  Lock lock;
  // A class that Clang checks is the lock, whatever it is made of.
  for (PlaceId p = world_.parts[guard].parent; p != kNone; p = world_.parts[p].parent) {
    const TypeInfo* type = world_.program.typeInfo(world_.typeOf(p));
    if (type && !type->capability.empty()) guard = p;
  }
  lock.place = guard;
  const Part& part = world_.parts[guard];
  if (part.step == facts::StepKind::Field && !world_.program.isPseudo(part.field)) {
    lock.field = part.field;
    lock.text = world_.program.fields[part.field].name;
  } else if (part.parent == kNone && world_.objectOf(guard).kind == ObjectKind::Global) {
    lock.symbol = world_.objectOf(guard).a;
    lock.text = world_.program.symbols[lock.symbol].qualified;
  }
  const TypeInfo* type = world_.program.typeInfo(world_.typeOf(guard));
  if (lock.text.empty() || !type) return std::nullopt;
  lock.capability = !type->capability.empty();
  if (!lock.capability && type->qualified != "std::mutex") return std::nullopt;
  return lock;
}

// Constructors and destructors are not analysed by Clang, and what the compiler makes has no text.
bool AnnotationProposer::isExempt(Index function) const {
  const Index symbol = world_.program.functions[function].symbol;
  if (symbol == kNone) return true;
  const SymbolInfo& info = world_.program.symbols[symbol];
  return info.has(facts::kSymbolConstructor) || info.has(facts::kSymbolDestructor) ||
         info.has(facts::kSymbolImplicit);
}

bool AnnotationProposer::isLock(SetId places, const Lock& lock, PlaceId beside) const {
  const auto isIt = [&](PlaceId place) {
    if (lock.symbol != kNone) return place == lock.place;
    const Part& part = world_.parts[place];
    return part.step == facts::StepKind::Field && part.field == lock.field &&
           (beside == kNone || part.parent == beside);
  };
  return std::any_of(world_.set(places).begin(), world_.set(places).end(), [&](PlaceId place) {
    for (; place != kNone; place = world_.parts[place].parent)
      if (isIt(place)) return true;
    return false;
  });
}

bool AnnotationProposer::visibleToClang(Gid acquisition, const Lock& lock) const {
  const Program& program = world_.program;
  const FunctionInfo& function = program.functions[program.functionOfGid(acquisition)];
  const facts::Instruction& call = program.instruction(acquisition);
  if (call.kind != facts::InstructionKind::Call || call.callee == kNone) return false;
  const facts::Value& callee = function.map->unit->values[call.callee];
  if (callee.kind != facts::ValueKind::Function) return false;
  const Index symbol = function.map->symbols[callee.index];
  if (lock.capability) return acquires_.count(symbol) != 0;
  // What libc++ annotates.
  const TypeInfo* type = program.typeInfo(program.symbols[symbol].parent);
  return type && (type->qualified == "std::lock_guard" || type->qualified == "std::scoped_lock" ||
                  type->qualified == "std::mutex");
}

bool AnnotationProposer::gatherUses(PlaceId state, const Lock& lock, const std::set<Gid>& defects,
                                    Uses& uses) {
  if (lock.field != kNone) {
    // The part of the state that lies beside the lock.
    const Index record = world_.program.fields[lock.field].parent;
    for (PlaceId p = state; p != kNone && uses.field == kNone; p = world_.parts[p].parent) {
      const Part& part = world_.parts[p];
      if (part.step == facts::StepKind::Field && world_.program.fields[part.field].parent == record)
        uses.field = part.field;
    }
    if (uses.field == kNone || uses.field == lock.field) return false;
  } else {
    for (PlaceId p = state; p != kNone && uses.field == kNone; p = world_.parts[p].parent)
      if (world_.parts[p].step == facts::StepKind::Field && fields_.count(world_.parts[p].field))
        uses.field = world_.parts[p].field;
    if (uses.field == kNone && world_.objectOf(state).kind == ObjectKind::Global)
      uses.symbol = world_.objectOf(state).a;
    if (uses.field == kNone && uses.symbol == kNone) return false;
  }
  for (const Access* access :
       uses.field != kNone ? accesses_of_field_[uses.field] : accesses_of_symbol_[uses.symbol]) {
    const Index function = world_.program.functionOfGid(access->gid);
    if (isExempt(function)) continue;
    PlaceId beside = kNone;
    if (lock.field != kNone) {
      for (PlaceId p = access->place; p != kNone; p = world_.parts[p].parent)
        if (world_.parts[p].step == facts::StepKind::Field && world_.parts[p].field == uses.field)
          beside = world_.parts[p].parent;
    }
    const Summary& summary = world_.link.summaries[world_.contexts[access->context].function];
    bool held = false;
    for (const HeldAt& at :
         world_.heldAt(access->context, summary.snapshots[summary.events[access->event].snapshot])) {
      if (at.maybe || at.soft || !isLock(at.places, lock, beside)) continue;
      held = true;
      ContextId context = access->context;
      for (; context != at.context && context != kNone; context = world_.contexts[context].parent)
        uses.rely_on_caller.insert(world_.contexts[context].function);
      if (context == kNone || !visibleToClang(at.at, lock)) return false;
      break;
    }
    (held ? uses.guarded : uses.others).insert(access->gid);
  }
  return std::all_of(uses.others.begin(), uses.others.end(),
                     [&](Gid gid) { return defects.count(gid) != 0; });
}

// Every mention of the state in the whole program is one of the accesses.
bool AnnotationProposer::othersAgree(const Lock& lock, const Uses& uses) const {
  (void)lock;
  const Program& program = world_.program;
  for (Index f = 0; f < program.functions.size(); ++f) {
    if (isExempt(f)) continue;
    const FunctionInfo& function = program.functions[f];
    const facts::Unit& unit = *function.map->unit;
    const auto mentions = [&](facts::PathId id) {
      const facts::Path& path = unit.paths[id];
      if (uses.symbol != kNone)
        return path.root == facts::RootKind::Global && function.map->symbols[path.index] == uses.symbol;
      return std::any_of(path.steps.begin(), path.steps.end(), [&](const facts::Step& step) {
        return step.kind == facts::StepKind::Field && function.map->fields[step.index] == uses.field;
      });
    };
    for (std::size_t at = 0; at < function.body->instructions.size(); ++at) {
      const facts::Instruction& row = function.body->instructions[at];
      bool mentioned = row.path != kNone && mentions(row.path);
      const auto look = [&](Index path) { mentioned |= mentions(path); };
      forAddresses(unit, row.value, look);
      for (const facts::ValueId argument : row.args) forAddresses(unit, argument, look);
      if (!mentioned) continue;
      const Gid gid = function.first_gid + static_cast<Gid>(at);
      // The destructor of a member is called where its owner's ends.
      if (!uses.guarded.count(gid) && !uses.others.count(gid)) return false;
    }
  }
  return true;
}

bool AnnotationProposer::holdsEverywhere(Index function, const Lock& lock) const {
  for (const Context& context : world_.contexts) {
    if (context.function != function) continue;
    if (context.parent == kNone) return false;
    if (isExempt(world_.contexts[context.parent].function)) continue;
    if (std::none_of(context.held.begin(), context.held.end(),
                     [&](const EntryLock& held) { return !held.soft && isLock(held.places, lock, kNone); }))
      return false;
  }
  return true;
}

bool AnnotationProposer::annotate(const Where& where, const Lock& lock, bool is_state,
                                  std::vector<model::Edit>& edits) const {
  const facts::AnnotationMacros& macros = where.unit->macros;
  std::string name = where.unit->strings[is_state ? macros.guarded_by : macros.requires_lock];
  model::Edit edit{std::string(where.file), where.place->offset, 0, ""};
  if (lock.capability && name.empty()) {
    edit.replacement = is_state ? " __attribute__((guarded_by(" : " __attribute__((requires_capability(";
    edit.replacement += lock.text + ")))";
  } else {
    if (!lock.capability && !name.empty() && !macros.are_empty) return false;
    if (name.empty()) {
      if (where.place->macros_offset == kNone) return false;
      edits.push_back({edit.file, where.place->macros_offset, 0, std::string(kMacros)});
      name = is_state ? "GUARDED_BY" : "REQUIRES";
    }
    edit.replacement = " " + name + "(" + lock.text + ")";
  }
  edits.push_back(std::move(edit));
  return true;
}

std::optional<model::Fix> AnnotationProposer::propose(PlaceId state, PlaceId guard,
                                                      const std::set<Gid>& defects) {
  const std::optional<Lock> lock = fields_.empty() && symbols_.empty() ? std::nullopt : lockOf(guard);
  if (!lock) return std::nullopt;
  Uses uses;
  if (!gatherUses(state, *lock, defects, uses) || uses.guarded.empty() || !othersAgree(*lock, uses))
    return std::nullopt;
  if (uses.field != kNone ? annotated_fields_.count(uses.field) : annotated_symbols_.count(uses.symbol))
    return std::nullopt;
  const Where where = uses.field != kNone ? placeOfField(uses.field) : placeOfSymbol(uses.symbol);
  if (!where.place) return std::nullopt;
  if (lock->symbol != kNone) {
    // A variable must stand before what names it.
    const Where declared = placeOfSymbol(lock->symbol);
    if (!declared.place || declared.file != where.file || declared.place->offset >= where.place->offset)
      return std::nullopt;
  }
  model::Fix fix;
  fix.message = "GUARDED_BY(" + lock->text + ")";
  if (!annotate(where, *lock, true, fix.edits)) return std::nullopt;
  for (const Index function : uses.rely_on_caller) {
    if (isExempt(function)) continue;
    const Index symbol = world_.program.functions[function].symbol;
    if (requires_lock_.count(symbol)) continue;
    const Where there = placeOfSymbol(symbol);
    const bool same_class = lock->field == kNone || world_.program.symbols[symbol].parent ==
                                                        world_.program.fields[lock->field].parent;
    if (!there.place || !same_class || !holdsEverywhere(function, *lock)) return std::nullopt;
    if (!annotate(there, *lock, false, fix.edits)) return std::nullopt;
  }
  return fix;
}

}  // namespace gridlock::link
