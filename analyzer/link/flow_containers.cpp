// Flow: methods of containers and iterators.
//
// A container is read by const methods and written by others, except that
// element accessors only read it and give a reference to its one summary
// element. Iterators are pointers to that element.
#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

namespace {

bool among(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void Flow::containerCall(const facts::Instruction& in, Gid gid, Index symbol, const std::vector<SymId>& args,
                         State& state) {
  const SymbolInfo& info = program_.symbols[symbol];
  std::string_view name = lastName(info.qualified);
  std::string_view record = program_.types[info.parent].qualified;
  if (args.empty()) return;
  SymId object = args[0];
  const bool view = among(record, {"std::basic_string_view", "std::span"});
  bool iterator = context_.models.isIterator(record);
  bool constructor = info.has(facts::kSymbolConstructor);
  if (info.has(facts::kSymbolDestructor)) {
    // Destroys its elements: threads that were not joined are the program's own
    // trouble.
    destroyHeld(in, gid, info.parent, object, state);
    return;
  }
  if (iterator) {
    if (constructor || (name == "operator=" && record != "std::_Bit_reference")) {
      if (args.size() > 1) store(object, load(args[1], state), state);
      setResult(gid, object, state);
    } else if (record == "std::_Bit_reference") {  // one bit of many in a byte
      const bool read = name == "operator bool";
      access(in, gid, state, load(object, state), read ? kEventRead : kEventRead | kEventWrite, kNoSym);
    } else if (among(name, {"operator*", "operator->", "operator[]"})) {
      setResult(gid, load(object, state), state);
    } else if (among(name, {"operator++", "operator--", "operator+=", "operator-="})) {
      setResult(gid, object, state);
    } else if (among(name, {"operator+", "operator-", "base"})) {
      SymId temporary = load(syms_.make(SymKind::ResultSlot, gid), state);
      store(temporary, load(object, state), state);
    }
    return;
  }
  bool map = record == "std::map" || record == "std::unordered_map" || record == "std::multimap" ||
             record == "std::unordered_multimap";
  SymId element = elementsOf(object, record, state);
  if (view) {
    // It stands for what it looks at.
    if (constructor || name == "operator=") {
      if (args.size() < 2) return;
      const TypeInfo* seen = program_.typeInfo(recordOf(info.params.empty() ? kNone : info.params[0]));
      if (!seen) seen = program_.typeInfo(recordOf(valueType(in.args[1])));
      const bool another = seen && seen->qualified == record;
      store(object, another ? load(args[1], state) : args[1], state);
      return;
    }
    const SymId seen = load(object, state);
    const TypeInfo* returned = program_.typeInfo(program_.typeOf(*info_.map, in.type));
    if (returned && returned->qualified == record) {  // a part
      store(load(syms_.make(SymKind::ResultSlot, gid), state), seen, state);
      return;
    }
    object = seen;
  }
  if (name == "operator conversion") {
    const TypeInfo* returned = program_.typeInfo(program_.typeOf(*info_.map, in.type));
    access(in, gid, state, object, kEventRead | kEventContainer, kNoSym);
    if (returned && returned->qualified == "std::basic_string_view")
      store(load(syms_.make(SymKind::ResultSlot, gid), state), object, state);
    return;
  }
  if (constructor) {
    access(in, gid, state, object, kEventWrite | kEventInit | kEventContainer, kNoSym);
    if (info.has(facts::kSymbolCopyConstructor) || info.has(facts::kSymbolMoveConstructor)) {
      if (args.size() > 1) {
        bool move = info.has(facts::kSymbolMoveConstructor);
        access(in, gid, state, args[1], (move ? kEventWrite : kEventRead) | kEventContainer, kNoSym);
        if (emitting_) {
          Event& event = emit(EventKind::CopyObject, gid, state);
          event.addr = object;
          event.value = args[1];
        }
        copyObject(object, args[1], state);
      }
    }
    return;
  }
  bool indexed = among(record, {"std::vector", "std::array", "std::deque", "std::span"});
  if (among(name, {"operator[]", "at", "front", "back", "top", "data", "value", "operator*", "operator->",
                   "c_str"})) {
    bool insert = map && name == "operator[]";
    access(in, gid, state, object, (insert ? kEventRead | kEventWrite : kEventRead) | kEventContainer,
           kNoSym);
    SymId at = element;
    if (map) at = syms_.field(element, context_.second_field);
    if (indexed && args.size() > 1 && (name == "operator[]" || name == "at")) {
      SymId index = args[1];
      if (auto n = constantOf(index, state)) index = syms_.constant(*n);
      at = syms_.element(element, index);
    }
    if (Index type = program_.typeOf(*info_.map, in.type);
        program_.typeInfo(type) && program_.types[type].qualified == "std::_Bit_reference") {
      store(load(syms_.make(SymKind::ResultSlot, gid), state), element, state);
      return;
    }
    setResult(gid, at, state);
    return;
  }
  if (among(name,
            {"begin", "end", "cbegin", "cend", "rbegin", "rend", "find", "lower_bound", "upper_bound"})) {
    access(in, gid, state, object, kEventRead | kEventContainer, kNoSym);
    // An iterator object, or a plain pointer.
    Index type = program_.typeOf(*info_.map, in.type);
    if (isRecordType(type)) {
      SymId temporary = load(syms_.make(SymKind::ResultSlot, gid), state);
      store(temporary, element, state);
    } else {
      setResult(gid, element, state);
    }
    return;
  }
  if (info.has(facts::kSymbolConst)) {
    access(in, gid, state, object, kEventRead | kEventContainer, kNoSym);
    return;
  }
  access(in, gid, state, object, kEventRead | kEventWrite | kEventContainer, kNoSym);
  if (among(name, {"remove_if", "sort", "merge", "unique"})) {
    for (std::size_t i = 1; i < args.size(); ++i) callWithElement(in, gid, args[i], element, state);
  }
  if (among(name, {"erase", "clear", "remove_if", "reset"})) destroyHeld(in, gid, info.parent, object, state);
  if (among(name, {"pop_back", "pop_front", "pop", "erase", "clear", "swap"})) {
    // What was read from it is taken out.
    bool locked = std::any_of(state.locks.begin(), state.locks.end(), [](const Held& h) { return !h.maybe; });
    if (locked) {
      for (SymId address : {element, syms_.field(element, context_.second_field)}) {
        SymId value = load(address, state);
        auto at = std::lower_bound(state.rest.taken.begin(), state.rest.taken.end(), value);
        if (syms_[value].kind == SymKind::Load && (at == state.rest.taken.end() || *at != value))
          state.rest.taken.insert(at, value);
      }
    }
  }
  if (among(name, {"push_back", "push_front", "push", "insert", "emplace", "emplace_back", "emplace_front",
                   "operator=", "assign", "insert_or_assign", "try_emplace", "append", "reset"})) {
    if (among(name, {"operator=", "assign"}) && args.size() > 1) {
      if (emitting_) {
        Event& event = emit(EventKind::CopyObject, gid, state);
        event.addr = object;
        event.value = args[1];
      }
      copyObject(object, args[1], state);
      setResult(gid, object, state);
      return;
    }
    Index element_type = kNone;
    if (!program_.types[info.parent].arguments.empty())
      element_type = program_.types[info.parent].arguments[0];
    if (map && program_.types[info.parent].arguments.size() > 1)
      element_type = program_.types[info.parent].arguments[1];
    const TypeInfo* type = program_.typeInfo(element_type);
    std::string_view element_name = type ? type->qualified : std::string_view{};
    bool thread = element_name == "std::thread" || element_name == "std::jthread";
    SymId place = map ? syms_.field(element, context_.second_field) : element;
    if (thread && among(name, {"emplace_back", "emplace_front", "emplace"})) {
      Index param = info.params.empty() ? kNone : recordOf(info.params[0]);
      const TypeInfo* p = program_.typeInfo(param);
      bool moved = p && (p->qualified == "std::thread" || p->qualified == "std::jthread");
      if (!moved && args.size() > 1) {
        std::vector<SymId> rest(args.begin() + 2, args.end());
        startThread(in, gid, ownCopy(gid, calleeOf(in, 1, args[1], state), args[1], state), rest, true, place,
                    state);
        keepHandle(gid, place, handleOf(gid), state);
        return;
      }
    }
    if (args.size() > 1) {
      SymId from = args.back();
      if (type && type->kind == facts::TypeKind::Pointer) {
        // By reference to the pointer, or the pointer itself.
        auto it = std::lower_bound(state.memory.begin(), state.memory.end(), Binding{from, 0});
        SymId value = it != state.memory.end() && it->first == from ? it->second : load(from, state);
        store(place, value, state);
        escapeInto(place, value, state);
        if (emitting_) {
          Event& event = emit(EventKind::Access, gid, state);
          event.addr = place;
          event.value = value;
          event.flags = kEventWrite | kEventFresh;
        }
      } else {
        SymId value = load(from, state);
        const TypeInfo* given = program_.typeInfo(typeOfAddress(from));
        if (context_.models.isCallable(element_name) && given &&
            !context_.models.isCallable(given->qualified)) {
          // Made in place of a callable.
          writeObject(in, gid, place, calleeOf(in, args.size() - 1, from, state), state);
          return;
        }
        if (emitting_) {
          Event& event = emit(EventKind::CopyObject, gid, state);
          event.addr = place;
          event.value = from;
        }
        copyObject(place, from, state);
        store(place, value, state);
        escapeInto(place, value, state);
        moveOut(recordOf(element_type), from, state);
        if (isHandle(value)) {
          noteHome(place, value);
          store(from, syms_.constant(0), state);
        }
      }
    }
  }
}

void Flow::escapeInto(SymId place, SymId value, State& state) {
  std::erase(state.rest.taken, value);
  if (!isFresh(syms_.rootOf(place), state)) escape(value, state);
}

}  // namespace gridlock::link
