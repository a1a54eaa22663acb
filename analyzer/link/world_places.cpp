// World: objects and their parts, what expressions evaluate to, what is stored
// where.
#include <algorithm>
#include <optional>

#include "analyzer/link/mix.h"
#include "analyzer/link/world.h"

namespace gridlock::link {

using facts::StepKind;

namespace {
constexpr int kPhiRounds = 12;
constexpr std::size_t kWidest = 48;  // places of one address that are still told apart

}  // namespace

SetId World::intern(std::vector<std::uint32_t> items) {
  if (items.empty()) return 0;
  if (std::adjacent_find(items.begin(), items.end(), std::greater_equal<>()) != items.end()) {
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
  }
  std::uint64_t h = items.size();
  for (std::uint32_t item : items) h = mix(h, item);
  for (SetId id : set_ids_[h]) {
    if (sets_[id] == items) return id;
  }
  SetId id = static_cast<SetId>(sets_.size());
  sets_.push_back(std::move(items));
  set_ids_[h].push_back(id);
  return id;
}

SetId World::unite(SetId a, SetId b) {
  if (a == b || b == 0) return a;
  if (a == 0) return b;
  if (a > b) std::swap(a, b);
  auto [known, fresh] = unions_.try_emplace(static_cast<std::uint64_t>(a) << 32 | b, 0);
  if (!fresh) return known->second;
  std::vector<std::uint32_t> out;
  out.reserve(sets_[a].size() + sets_[b].size());
  std::set_union(sets_[a].begin(), sets_[a].end(), sets_[b].begin(), sets_[b].end(), std::back_inserter(out));
  const SetId united = intern(std::move(out));
  known->second = united;
  return united;
}

PlaceId World::objectPlace(ObjectKind kind, std::uint32_t a, std::uint32_t b, OriginId origin,
                           std::uint64_t clone, ContextId context) {
  auto key = std::make_tuple(static_cast<std::uint8_t>(kind), a, b, origin, clone);
  auto [it, fresh] = object_ids_.try_emplace(key, static_cast<PlaceId>(parts.size()));
  if (fresh) {
    Object object;
    object.kind = kind;
    object.a = a;
    object.b = b;
    object.origin = origin;
    object.clone = clone;
    object.context = context;
    Part p;
    p.object = static_cast<std::uint32_t>(objects.size());
    objects.push_back(object);
    parts.push_back(p);
  }
  Object& object = objects[parts[it->second].object];
  if (kind == ObjectKind::Local || kind == ObjectKind::Heap) {
    if (object.context != context && context != kNone) {
      // Contexts are made anew each round; in one round a second one means a second object, unless
      // it is the same call in another state.
      if (object.context != kNone) object.several |= contexts[object.context].path != contexts[context].path;
      if (object.context == kNone || contexts[object.context].single) object.context = context;
      object.mixed |= kind == ObjectKind::Heap && contexts[context].mixed;
    }
  }
  return it->second;
}

PlaceId World::part(PlaceId parent, StepKind step, Index field, std::int64_t index) {
  // Deep chains (lists in structs in arrays) end somewhere.
  unsigned depth = 0;
  for (PlaceId p = parent; parts[p].parent != kNone; p = parts[p].parent) ++depth;
  if (depth > 8) return parent;
  // An element of an element of one array: pointer arithmetic.
  if (step == StepKind::Element && parts[parent].step == StepKind::Element && parts[parent].parent != kNone) {
    Index type = typeOf(parent);
    const TypeInfo* info = program.typeInfo(type);
    if (!info || info->kind != facts::TypeKind::Array) {
      if (index == 0) return parent;
      return part(parts[parent].parent, StepKind::Element, kNone, parts[parent].index == 0 ? index : -1);
    }
  }
  auto [it, fresh] =
      part_ids_.try_emplace(PartKey{parent, step, field, index}, static_cast<PlaceId>(parts.size()));
  if (fresh) {
    Part p;
    p.parent = parent;
    p.object = parts[parent].object;
    p.step = step;
    p.field = field;
    p.index = index;
    PlaceId id = it->second;
    parts.push_back(p);
    if (parent >= children_.size()) children_.resize(parts.size());
    children_[parent].push_back(id);
    return id;
  }
  return it->second;
}

Index World::typeOf(PlaceId place) const {
  const Part& p = parts[place];
  if (p.parent == kNone) {
    const Object& object = objects[p.object];
    if (object.kind == ObjectKind::Global) return program.symbols[object.a].type;
    if (object.kind == ObjectKind::Local && object.a < program.functions.size()) {
      const FunctionInfo& f = program.functions[object.a];
      if (object.b < f.body->locals.size()) return program.typeOf(*f.map, f.body->locals[object.b].type);
    }
    return kNone;
  }
  if (p.step == StepKind::Field) return program.fields[p.field].type;
  const TypeInfo* info = program.typeInfo(typeOf(p.parent));
  if (info && info->kind == facts::TypeKind::Array) return info->element;
  return kNone;
}

SetId World::eval(ContextId context, SymId sym) { return evalDepth(context, sym, 0); }

SetId World::evalDepth(ContextId context, SymId sym, unsigned depth) {
  if (sym == kNoSym || depth > 60) return 0;
  auto it = contexts[context].values.find(sym);
  if (it != contexts[context].values.end()) return it->second;
  std::uint64_t key = static_cast<std::uint64_t>(context) << 32 | sym;
  if (phi_depth_ > 0) {
    auto now = provisional_.find(key);
    if (now != provisional_.end()) return now->second;
  }
  SetId value = evalNew(context, sym, depth + 1);
  if (phi_depth_ == 0)
    contexts[context].values[sym] = value;
  else
    provisional_[key] = value;
  return value;
}

std::optional<std::int64_t> World::constant(ContextId context, SymId sym) const {
  if (sym == kNoSym) return std::nullopt;
  const Sym& s = syms[sym];
  if (s.kind == SymKind::Const) return s.n;
  if (s.kind == SymKind::Param && s.a < contexts[context].constants.size() &&
      contexts[context].constants[s.a] != INT64_MIN)
    return contexts[context].constants[s.a];
  return std::nullopt;
}

// Phis refer to one another in circles. The outermost one is asked again until none of those below
// it grows; within a round each expression is evaluated once, and what the last round saw is final.
SetId World::evalPhi(ContextId context, SymId sym, unsigned depth) {
  auto it = link.phis.find(sym);
  if (it == link.phis.end()) return 0;
  const std::uint64_t key = static_cast<std::uint64_t>(context) << 32 | sym;
  auto grow = [&] {
    provisional_[key] = phi_values_[key];
    SetId value = phi_values_[key];
    for (SymId input : it->second) value = unite(value, evalDepth(context, input, depth));
    if (value != phi_values_[key]) {
      phi_values_[key] = value;
      phi_grown_ = true;
    }
  };
  if (phi_depth_ > 0) {
    grow();
    return phi_values_[key];
  }
  phi_values_.clear();
  ++phi_depth_;
  phi_grown_ = true;
  for (int round = 0; round < kPhiRounds && phi_grown_; ++round) {
    provisional_.clear();
    phi_grown_ = false;
    grow();
  }
  --phi_depth_;
  if (!phi_grown_) {
    for (auto [place, value] : provisional_)
      contexts[static_cast<ContextId>(place >> 32)].values[static_cast<SymId>(place)] = value;
  }
  return phi_values_[key];
}

SetId World::evalNew(ContextId context, SymId sym, unsigned depth) {
  ++steps_;
  const Sym s = syms[sym];
  switch (s.kind) {
    case SymKind::Global: {
      bool thread_local_variable = program.symbols[s.a].has(facts::kSymbolThreadLocal);
      OriginId origin = thread_local_variable ? contexts[context].origin : 0;
      return intern({objectPlace(ObjectKind::Global, s.a, 0, origin, 0, kNone)});
    }
    case SymKind::Func:
      return intern({objectPlace(ObjectKind::Function, s.a, 0, 0, 0, kNone)});
    case SymKind::Param:
      return s.a < contexts[context].arguments.size() ? contexts[context].arguments[s.a] : 0;
    case SymKind::ParamSlot:
      return intern(
          {objectPlace(ObjectKind::Local, s.a, 0x10000000u + s.b, contexts[context].origin, 0, context)});
    case SymKind::Local:
      return intern({objectPlace(ObjectKind::Local, s.a, s.b, contexts[context].origin,
                                 isClosure(s.a, s.b) ? contexts[context].path : 0, context)});
    case SymKind::ResultSlot:
      return intern({objectPlace(ObjectKind::Local, program.functionOfGid(s.a), 0x20000000u + s.a,
                                 contexts[context].origin, 0, context)});
    case SymKind::Alloc:
      return intern({objectPlace(ObjectKind::Heap, s.a, 0, contexts[context].origin, contexts[context].clone,
                                 context)});
    case SymKind::Handle:
      return intern(
          {objectPlace(ObjectKind::Thread, s.a, 0, contexts[context].origin, contexts[context].path, kNone)});
    case SymKind::Result: {
      auto it = results_.find({context, s.a});
      SetId known = it == results_.end() ? 0 : it->second;
      // A class object returned by something unknown: the temporary itself.
      const facts::Instruction& in = program.instruction(s.a);
      const FunctionInfo& f = program.functions[program.functionOfGid(s.a)];
      const TypeInfo* type = program.typeInfo(program.typeOf(*f.map, in.type));
      if (known == 0 && type && type->kind == facts::TypeKind::Pointer && accessor(s.a))
        return intern({objectPlace(ObjectKind::Unknown, type->element, in.callee, 0, 0, kNone)});
      if (known == 0 && type && type->kind == facts::TypeKind::Record)
        return intern({objectPlace(ObjectKind::Local, program.functionOfGid(s.a), 0x40000000u + s.a,
                                   contexts[context].origin, 0, context)});
      return known;
    }
    case SymKind::Phi:
      return evalPhi(context, sym, depth);
    case SymKind::Stale:
      return evalDepth(context, s.a, depth);
    case SymKind::Via: {
      SetId value = 0;
      auto it = contexts[context].children.find(s.a);
      if (it == contexts[context].children.end()) return 0;
      SymId leaf = s.b;
      while (syms[leaf].kind == SymKind::Via) leaf = syms[leaf].b;
      for (ContextId child : std::vector<ContextId>(it->second)) {
        if (child == context) continue;
        // A leaf belongs to one function.
        if (syms[s.b].kind == SymKind::Local && syms[s.b].a != contexts[child].function) continue;
        value = unite(value, evalDepth(child, s.b, depth));
      }
      return value;
    }
    case SymKind::Field: {
      std::vector<std::uint32_t> out;
      for (PlaceId base : std::vector<std::uint32_t>(sets_[evalDepth(context, s.a, depth)])) {
        if (objects[parts[base].object].kind == ObjectKind::Function ||
            objects[parts[base].object].kind == ObjectKind::Thread)
          continue;
        // Of a derived class, where what is known is its base.
        PlaceId object = base;
        for (PlaceId p = base; parts[p].step == StepKind::Field && program.fields[parts[p].field].is_base;
             p = parts[p].parent) {
          if (!program.isFieldOfDerived(parts[p].field, s.b)) continue;
          object = parts[p].parent;
          break;
        }
        out.push_back(part(object, StepKind::Field, s.b, -1));
      }
      return intern(std::move(out));
    }
    case SymKind::Element: {
      auto index = constant(context, s.b);
      std::vector<std::uint32_t> out;
      for (PlaceId base : std::vector<std::uint32_t>(sets_[evalDepth(context, s.a, depth)])) {
        if (objects[parts[base].object].kind == ObjectKind::Function ||
            objects[parts[base].object].kind == ObjectKind::Thread)
          continue;
        out.push_back(
            part(base, StepKind::Element, kNone, index && *index >= 0 && *index < 4096 ? *index : -1));
      }
      return intern(std::move(out));
    }
    case SymKind::Load: {
      SetId value = 0;
      for (PlaceId place : std::vector<std::uint32_t>(sets_[evalDepth(context, s.a, depth)])) {
        value = unite(value, contentOf(place));
        const Part p = parts[place];
        if (p.step == StepKind::Element && p.parent != kNone) {
          // [i] may be what [] holds, and the reverse.
          for (PlaceId sibling : children_[p.parent]) {
            if (parts[sibling].step == StepKind::Element && (p.index == -1 || parts[sibling].index == -1))
              value = unite(value, contentOf(sibling));
          }
          if (p.index <= 0) value = unite(value, contentOf(p.parent));
        } else {
          for (std::int64_t i : {-1, 0}) {
            auto it = part_ids_.find(PartKey{place, StepKind::Element, kNone, i});
            if (it != part_ids_.end()) value = unite(value, contentOf(it->second));
          }
        }
      }
      if (sets_[value].size() > kWidest) {
        std::vector<std::uint32_t> fewer(sets_[value].begin(), sets_[value].begin() + kWidest);
        cut = true;
        return intern(std::move(fewer));
      }
      return value;
    }
    case SymKind::Arith: {
      SetId left = evalDepth(context, s.a, depth);
      return left != 0 ? left : evalDepth(context, s.b, depth);
    }
    default:
      return 0;
  }
}

// Closures are made to be handed on: those that two calls of a function make are two.
bool World::isClosure(Index function, Index local) const {
  if (function >= program.functions.size()) return false;
  const FunctionInfo& f = program.functions[function];
  if (local >= f.body->locals.size()) return false;
  const TypeInfo* type = program.typeInfo(program.typeOf(*f.map, f.body->locals[local].type));
  return type && (type->flags & facts::kTypeLambda);
}

// A function without arguments and without source that returns a pointer to a structure of the program: the
// same one each time, unless its name says that it makes one.
bool World::accessor(Gid gid) const {
  const facts::Instruction& in = program.instruction(gid);
  if (in.kind != facts::InstructionKind::Call || in.callee == kNone || !in.args.empty()) return false;
  const FunctionInfo& f = program.functions[program.functionOfGid(gid)];
  const facts::Value& callee = f.map->unit->values[in.callee];
  if (callee.kind != facts::ValueKind::Function) return false;
  const SymbolInfo& symbol = program.symbols[f.map->symbols[callee.index]];
  if (symbol.function != kNone || symbol.has(facts::kSymbolSystem)) return false;
  const TypeInfo* type = program.typeInfo(program.typeOf(*f.map, in.type));
  const TypeInfo* record = type ? program.typeInfo(type->element) : nullptr;
  if (!record || record->kind != facts::TypeKind::Record || record->fields.empty()) return false;
  std::string name(symbol.qualified);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (std::string_view maker : {"new", "create", "make", "alloc", "dup", "open", "init", "clone", "copy",
                                 "pop", "take", "next", "begin", "start", "acquire"}) {
    if (name.find(maker) != std::string::npos) return false;
  }
  return true;
}

bool World::singlePlace(PlaceId place) const {
  for (PlaceId p = place; parts[p].parent != kNone; p = parts[p].parent) {
    if (parts[p].step == StepKind::Element && parts[p].index == -1) return false;
    if (parts[p].step == StepKind::Field && parts[p].field == link.element_field) return false;
  }
  const Object& object = objects[parts[place].object];
  if (object.kind == ObjectKind::Global)
    return !program.symbols[object.a].has(facts::kSymbolThreadLocal) || !origins[object.origin].many;
  if (object.kind != ObjectKind::Local && object.kind != ObjectKind::Heap) return false;
  if (object.several || object.context == kNone) return false;
  if (object.context >= contexts.size() || !contexts[object.context].single) return false;
  if (origins[object.origin].many) return false;
  if (object.kind == ObjectKind::Heap) return program.instruction(object.a).loop_depth == 0;
  return true;
}

bool World::overlaps(PlaceId a, PlaceId b) const {
  if (a == b) return true;
  if (parts[a].object != parts[b].object) return false;
  // Steps from the object.
  std::vector<PlaceId> x, y;
  for (PlaceId p = a; parts[p].parent != kNone; p = parts[p].parent) x.push_back(p);
  for (PlaceId p = b; parts[p].parent != kNone; p = parts[p].parent) y.push_back(p);
  std::reverse(x.begin(), x.end());
  std::reverse(y.begin(), y.end());
  std::size_t i = 0, j = 0;
  for (; i < x.size() && j < y.size(); ++i, ++j) {
    // A structure is also the first element of an array of such.
    const bool p_element = parts[x[i]].step == StepKind::Element,
               q_element = parts[y[j]].step == StepKind::Element;
    if (p_element != q_element) {
      const Part &element = parts[p_element ? x[i] : y[j]], &field = parts[p_element ? y[j] : x[i]];
      if (program.isPseudo(field.field)) return true;
      if (element.index > 0) return false;
      p_element ? ++i : ++j;
      if (i == x.size() || j == y.size()) break;
    }
    const Part &p = parts[x[i]], &q = parts[y[j]];
    if (p.step != q.step) return true;
    if (p.step == StepKind::Field && p.field != q.field) {
      const FieldInfo &f = program.fields[p.field], &g = program.fields[q.field];
      const TypeInfo* parent = program.typeInfo(f.parent);
      if (f.parent == g.parent && parent && (parent->flags & facts::kTypeUnion)) return true;
      if (f.parent == g.parent && parent && f.is_bit_field && g.is_bit_field) {
        // Neighbours share a word.
        auto first = std::find(parent->fields.begin(), parent->fields.end(), p.field);
        auto last = std::find(parent->fields.begin(), parent->fields.end(), q.field);
        if (last < first) std::swap(first, last);
        return std::all_of(first, last, [&](Index field) { return program.fields[field].is_bit_field; });
      }
      return false;
    }
    if (p.step == StepKind::Element && p.index != -1 && q.index != -1 && p.index != q.index) return false;
  }
  // One lies in the other. A container is not its elements.
  const std::vector<PlaceId>& rest = x.size() > i ? x : y;
  for (std::size_t k = x.size() > i ? i : j; k < rest.size(); ++k) {
    if (parts[rest[k]].step == StepKind::Field && program.isPseudo(parts[rest[k]].field)) return false;
  }
  return true;
}

namespace {

// A class that says that it is a lock (Clang's `capability`) is the lock, whatever it is made of.
PlaceId lockItself(const World& world, PlaceId place) {
  for (PlaceId p = world.parts[place].parent; p != kNone; p = world.parts[p].parent) {
    const TypeInfo* type = world.program.typeInfo(world.typeOf(p));
    if (type && !type->capability.empty()) place = p;
  }
  return place;
}

}  // namespace

std::string World::nameOf(PlaceId place) const {
  place = lockItself(*this, place);
  std::vector<PlaceId> steps;
  PlaceId p = place;
  std::string name;
  for (; parts[p].parent != kNone; p = parts[p].parent) {
    steps.push_back(p);
    if (parts[p].step == StepKind::Field && !program.isPseudo(parts[p].field)) {
      const FieldInfo& f = program.fields[parts[p].field];
      const TypeInfo* parent = program.typeInfo(f.parent);
      const Object& object = objects[parts[p].object];
      bool plain_global = object.kind == ObjectKind::Global;
      if (!plain_global && parent && !parent->qualified.empty() && !f.is_base && !f.name.empty()) {
        std::string_view type_name = parent->qualified;
        if (std::size_t at = type_name.find('@'); at != std::string_view::npos)
          type_name = type_name.substr(0, at);
        name = std::string(type_name) + "::" + std::string(f.name);
        steps.pop_back();
        break;
      }
    }
  }
  if (name.empty()) {
    const Object& object = objects[parts[place].object];
    switch (object.kind) {
      case ObjectKind::Global:
        name = std::string(program.symbols[object.a].display.empty() ? program.symbols[object.a].qualified
                                                                     : program.symbols[object.a].display);
        break;
      case ObjectKind::Local: {
        const FunctionInfo& f = program.functions[object.a];
        std::string_view local;
        if (object.b < f.body->locals.size())
          local = program.string(*f.map, f.body->locals[object.b].name);
        else if (object.b >= 0x10000000u && object.b < 0x20000000u) {
          Index k = object.b - 0x10000000u - (f.method ? 1 : 0);
          if (k < f.body->parameter_names.size()) local = program.string(*f.map, f.body->parameter_names[k]);
        }
        std::string function(program.functionName(object.a));
        if (!function.ends_with(")")) function += "()";
        name = function + "::" + (local.empty() ? "temporary" : std::string(local));
        break;
      }
      case ObjectKind::Heap: {
        Index function = program.functionOfGid(object.a);
        std::string text(program.functionName(function));
        if (!text.ends_with(")")) text += "()";
        name = "memory allocated in " + text;
        break;
      }
      default:
        name = "object";
        break;
    }
  }
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const Part& q = parts[*step];
    if (q.step == StepKind::Element) {
      name += "[]";
    } else if (q.step == StepKind::Field) {
      std::string_view field = program.fields[q.field].name;
      if (field == "[]")
        name += "[]";
      else if (!program.fields[q.field].is_base && !field.empty())
        name += "." + std::string(field);
    }
  }
  return name;
}

Place World::declaredAt(PlaceId place) const {
  place = lockItself(*this, place);
  for (PlaceId p = place; p != kNone; p = parts[p].parent) {
    const Part& q = parts[p];
    if (q.step == StepKind::Field && q.parent != kNone && !program.isPseudo(q.field))
      return program.fields[q.field].declared;
  }
  const Object& object = objects[parts[place].object];
  if (object.kind == ObjectKind::Global) return program.symbols[object.a].declared;
  if (object.kind == ObjectKind::Local && object.a < program.functions.size()) {
    const FunctionInfo& f = program.functions[object.a];
    if (object.b < f.body->locals.size()) return program.place(*f.map, f.body->locals[object.b].declared);
  }
  if (object.kind == ObjectKind::Heap) return program.placeOf(object.a);
  return {};
}

// Objects that other threads than their maker can come by: from globals, and
// from what is given to threads.
void World::markReachable() {
  reachable_.clear();
  std::vector<PlaceId> work;
  std::set<std::uint32_t> seen;
  auto addObject = [&](std::uint32_t object) {
    if (seen.insert(object).second) work.push_back(object);
  };
  for (std::uint32_t o = 0; o < objects.size(); ++o) {
    bool own =
        objects[o].kind == ObjectKind::Global && program.symbols[objects[o].a].has(facts::kSymbolThreadLocal);
    if (objects[o].kind == ObjectKind::Global && !own) addObject(o);
  }
  for (const Origin& origin : origins) {
    for (SetId set : origin.arguments) {
      for (PlaceId place : sets_[set]) addObject(parts[place].object);
    }
  }
  std::unordered_map<std::uint32_t, std::vector<PlaceId>> by_object;
  for (PlaceId place = 0; place < contents_.size(); ++place) {
    if (contents_[place] != 0) by_object[parts[place].object].push_back(place);
  }
  while (!work.empty()) {
    std::uint32_t object = work.back();
    work.pop_back();
    for (PlaceId place : by_object[object]) {
      for (PlaceId target : sets_[contentOf(place)]) addObject(parts[target].object);
    }
  }
  reachable_ = std::move(seen);
}

bool World::threadPrivate(PlaceId place) const {
  const Object& object = objects[parts[place].object];
  if (object.kind == ObjectKind::Global)
    return program.symbols[object.a].has(facts::kSymbolThreadLocal) && !reachable_.count(parts[place].object);
  if (object.kind != ObjectKind::Local && object.kind != ObjectKind::Heap) return false;
  return !reachable_.count(parts[place].object);
}

}  // namespace gridlock::link
