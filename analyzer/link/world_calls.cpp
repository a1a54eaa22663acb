// World: which functions a call may reach, and the threads that are started.
#include <algorithm>

#include "analyzer/link/mix.h"
#include "analyzer/link/world.h"

namespace gridlock::link {

// What std::bind or another callable object at `place` holds, with the arguments bound to it.
template <typename Add>
void World::addBound(PlaceId place, const CallSite& site, Add&& addFunction) {
  const SymId inner = syms.make(SymKind::Load, site.callee);
  for (PlaceId held : std::vector<std::uint32_t>(sets_[contentOf(place)])) {
    Index function = kNone;
    std::vector<SymId> args;
    if (objectOf(held).kind == ObjectKind::Function) {
      function = program.symbols[objectOf(held).a].function;
    } else if (Index type = typeOf(held); type != kNone && type != typeOf(place)) {
      function = program.callOperator(type);
      args.push_back(inner);
    }
    if (function == kNone) continue;
    const FunctionInfo& info = program.functions[function];
    std::size_t wanted = info.body->parameter_types.size() + (info.method ? 1 : 0);
    for (unsigned k = 0; k < 4 && args.size() + site.args.size() < wanted; ++k)
      args.push_back(syms.make(SymKind::Load, syms.field(site.callee, link.mutex_field[k])));
    args.insert(args.end(), site.args.begin(), site.args.end());
    addFunction(function, std::move(args));
  }
}

// The functions a call may reach, with arguments as each wants them.
std::vector<std::pair<Index, std::vector<SymId>>> World::resolve(ContextId context, const CallSite& site) {
  std::vector<std::pair<Index, std::vector<SymId>>> out;
  if (site.callee == kNoSym) return out;
  auto addFunction = [&](Index function, std::vector<SymId> args) {
    for (auto& [f, a] : out) {
      if (f == function && a == args) return;
    }
    if (out.size() < 16) out.emplace_back(function, std::move(args));
  };
  if (syms[site.callee].kind == SymKind::Func) {
    Index symbol = syms[site.callee].a;
    if (!site.is_virtual) {
      if (program.symbols[symbol].function != kNone) addFunction(program.symbols[symbol].function, site.args);
      return out;
    }
    // By the classes of the objects that may be meant, else by the hierarchy.
    const std::vector<Index> candidates = program.withOverriders(symbol);
    std::set<Index> by_object;
    bool all_known = !site.args.empty();
    if (!site.args.empty()) {
      SetId places = eval(context, site.args[0]);
      if (sets_[places].empty()) all_known = false;
      for (PlaceId place : std::vector<std::uint32_t>(sets_[places])) {
        // What is known as a base is the whole object.
        while (parts[place].step == facts::StepKind::Field && program.fields[parts[place].field].is_base)
          place = parts[place].parent;
        Index type = typeOf(place);
        const Object& object = objectOf(place);
        if (type == kNone && object.kind == ObjectKind::Heap && parts[place].parent == kNone) {
          type = program.allocatedType(object.a);
        }
        const TypeInfo* info = program.typeInfo(type);
        bool found = false;
        // The class itself, or the nearest of its bases that defines it.
        std::vector<Index> classes{type};
        for (std::size_t i = 0; i < classes.size() && info && !found && i < 16; ++i) {
          const TypeInfo* c = program.typeInfo(classes[i]);
          if (!c) continue;
          for (Index candidate : candidates) {
            const TypeInfo* parent = program.typeInfo(program.symbols[candidate].parent);
            if (parent && parent->name == c->name) {
              by_object.insert(candidate);
              found = true;
            }
          }
          for (Index field : c->fields) {
            if (program.fields[field].is_base) classes.push_back(program.fields[field].type);
          }
        }
        if (!found) all_known = false;
      }
    }
    for (Index candidate : candidates) {
      if (all_known && !by_object.count(candidate)) continue;
      if (program.symbols[candidate].function != kNone)
        addFunction(program.symbols[candidate].function, site.args);
    }
    return out;
  }
  for (PlaceId place : std::vector<std::uint32_t>(sets_[eval(context, site.callee)])) {
    const Object object = objectOf(place);
    if (object.kind == ObjectKind::Function) {
      Index function = program.symbols[object.a].function;
      if (function != kNone) addFunction(function, site.args);
      continue;
    }
    if (!site.forwarded) continue;
    // A callable object.
    Index type = typeOf(place);
    const TypeInfo* info = program.typeInfo(type);
    if (!info || info->kind != facts::TypeKind::Record) continue;
    Index call = program.callOperator(type);
    if (call == kNone) {
      addBound(place, site, addFunction);
      continue;
    }
    std::vector<SymId> args{site.callee};
    args.insert(args.end(), site.args.begin(), site.args.end());
    addFunction(call, std::move(args));
  }
  return out;
}

void World::start(ContextId from, const Event& event, const CallSite& site, const Snapshot& snapshot) {
  for (auto& [function, args] : resolve(from, site)) {
    // A thread that starts its like is one of many.
    OriginId parent = contexts[from].origin;
    OriginId id = kNone;
    for (OriginId o = parent; o != kNone; o = origins[o].parent) {
      if (origins[o].start == event.gid && origins[o].entry == function && origins[o].parent != kNone) id = o;
    }
    bool recursive = id != kNone;
    if (!recursive) {
      auto key = std::make_tuple(event.gid, parent, function, contexts[from].path);
      auto [it, fresh] = origin_ids_.try_emplace(key, static_cast<OriginId>(origins.size()));
      if (fresh) origins.emplace_back();
      id = it->second;
    }
    std::vector<OriginId>& list = started_[{from, event.gid}];
    if (std::find(list.begin(), list.end(), id) == list.end()) list.push_back(id);
    if (recursive) {
      origins[id].many = true;
      continue;
    }
    Origin& origin = origins[id];
    origin.start = event.gid;
    origin.parent = parent;
    origin.creator = from;
    origin.entry = function;
    origin.path = contexts[from].path;
    origin.alive = aliveAt(from, snapshot);
    noteHeldAtStart(id, from, snapshot);
    Context root;
    root.function = function;
    root.origin = id;
    root.path = mix(event.gid, id);
    root.phase = 1;
    root.single = true;
    root.awaited = tokens(from, contexts[from].awaited, snapshot.awaited, true, false);
    root.acquired = gatesPassed(from, snapshot);
    std::size_t n = program.functions[function].body->parameter_types.size() +
                    (program.functions[function].method ? 1 : 0);
    for (std::size_t k = 0; k < args.size() && k < n; ++k) {
      root.arguments.push_back(eval(from, args[k]));
      auto value = constant(from, args[k]);
      root.constants.push_back(value ? *value : INT64_MIN);
      root.fresh.push_back(false);
    }
    root.varying = site.varying;
    // The wrapper's argument that varies for its caller.
    for (std::size_t k = 0; k < args.size(); ++k) {
      if (isVarying(from, args[k]) || differs(contexts[from].rounds, args[k]))
        root.varying.push_back(syms.make(SymKind::Param, static_cast<std::uint32_t>(k)));
    }
    // Of what it is given, what was made of its index.
    constexpr std::size_t kVarying = 24;
    for (std::size_t i = 0, n_varying = root.varying.size(); i < n_varying; ++i) {
      if (syms[root.varying[i]].kind != SymKind::Param) continue;
      for (const auto& [key, own] : link.indexed) {
        if (!own || (key >> 40) != 1 || root.varying.size() >= kVarying) continue;
        root.varying.push_back(
            syms.make(SymKind::Load, syms.field(root.varying[i], static_cast<Index>(key & 0xffffffff))));
      }
    }
    std::sort(root.varying.begin(), root.varying.end());
    origins[id].arguments = root.arguments;
    // The same start seen again in this round (another state of its function).
    bool known = origins[id].root != kNone && origins[id].root < contexts.size() &&
                 contexts[origins[id].root].origin == id && contexts[origins[id].root].parent == kNone &&
                 contexts[origins[id].root].function == function &&
                 contexts[origins[id].root].arguments == root.arguments;
    if (known) continue;
    ContextId context = static_cast<ContextId>(contexts.size());
    contexts.push_back(std::move(root));
    origins[id].root = context;
    process(context);
  }
}

}  // namespace gridlock::link
