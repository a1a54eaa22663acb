// What a library's own code shows of how it is meant to be called.
#include "analyzer/link/checks/open_world.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace gridlock::link {

namespace {

// The words of a name: `uv__signal_global_init`, `openLogFile`.
std::vector<std::string> wordsOf(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    const bool after_lower = i > 0 && std::islower(static_cast<unsigned char>(name[i - 1])) != 0;
    if (!std::isalnum(static_cast<unsigned char>(c)) || (upper && after_lower)) words.emplace_back();
    if (std::isalnum(static_cast<unsigned char>(c)))
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return words;
}

bool saysSo(std::string_view name) {
  if (const std::size_t at = name.find('('); at != std::string_view::npos) name = name.substr(0, at);
  name = lastName(name);
  static constexpr std::array<std::string_view, 18> kWords = {
      "init",     "initialize", "initialise", "initialized", "initonce", "setup",
      "cleanup",  "teardown",   "destroy",    "deinit",      "uninit",   "fini",
      "finalize", "shutdown",   "create",     "dtor",        "ctor",     "atexit"};
  for (const std::string& word : wordsOf(name)) {
    if (std::find(kWords.begin(), kWords.end(), word) != kWords.end()) return true;
  }
  return false;
}

// The classes that a place is inside of, by their members on the way to it.
std::vector<Index> classesOf(const World& world, PlaceId place) {
  std::vector<Index> out;
  for (PlaceId p = place; p != kNone; p = world.parts[p].parent) {
    const Part& part = world.parts[p];
    if (part.step != facts::StepKind::Field || world.program.isPseudo(part.field)) continue;
    out.push_back(world.program.fields[part.field].parent);
  }
  return out;
}

}  // namespace

bool startsOrEnds(const World& world, const Access& access) {
  for (ContextId c = access.context; c != kNone; c = world.contexts[c].parent) {
    const FunctionInfo& function = world.program.functions[world.contexts[c].function];
    if (function.symbol == kNone) continue;
    const SymbolInfo& symbol = world.program.symbols[function.symbol];
    if (symbol.has(facts::kSymbolConstructor) || symbol.has(facts::kSymbolDestructor)) {
      // Of the object itself: what it is made from is another one.
      const Summary& summary = world.link.summaries[world.contexts[c].function];
      const Sym& of = world.syms[world.syms.rootOf(summary.events[access.event].addr)];
      if (c != access.context || of.kind != SymKind::Param || of.a == 0) return true;
    }
    if (saysSo(symbol.qualified)) return true;
  }
  return false;
}

bool belongTogether(const World& world, PlaceId state, PlaceId lock) {
  const std::vector<Index> of_state = classesOf(world, state);
  for (Index of_lock : classesOf(world, lock)) {
    if (std::find(of_state.begin(), of_state.end(), of_lock) != of_state.end()) return true;
  }
  // A lock that callers pass in with the rest.
  if (world.objectOf(lock).kind == ObjectKind::Unknown && world.parts[lock].parent == kNone) return true;
  const Object& object = world.objectOf(state);
  if (object.kind != ObjectKind::Global || world.objectOf(lock).kind != ObjectKind::Global) return false;
  return world.declaredAt(state).file == world.declaredAt(lock).file;
}

}  // namespace gridlock::link
