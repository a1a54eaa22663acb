// See own_objects.h.
#include "analyzer/link/checks/own_objects.h"

#include <algorithm>

namespace gridlock::link {

namespace {
constexpr std::size_t kSeen = 256;  // past that, what is passed down is taken to be the thread's own
}

OwnObjects::OwnObjects(World& world) : world_(world), callers_(world.contexts.size()) {
  for (ContextId from = 0; from < world.contexts.size(); ++from) {
    for (const auto& [call, children] : world.contexts[from].children) {
      for (ContextId child : children) callers_[child].emplace_back(from, call);
    }
  }
}

bool OwnObjects::reachedBy(const Access& access) const {
  const Summary& summary = world_.link.summaries[world_.contexts[access.context].function];
  Seen seen;
  return own(access.context, summary.events[access.event].addr, seen);
}

bool OwnObjects::own(ContextId context, SymId address, Seen& seen) const {
  const SymTable& syms = world_.syms;
  const SymId root = syms.rootOf(address);
  switch (syms[root].kind) {
    case SymKind::Via: {
      // What a callee found may be anybody's.
      SymId found = root;
      while (syms[found].kind == SymKind::Via) found = syms[found].b;
      return syms[found].kind != SymKind::Phi || own(context, found, seen);
    }
    case SymKind::Load: {
      const Sym& from = syms[syms.rootOf(syms[root].a)];
      return from.kind == SymKind::Global && world_.program.symbols[from.a].has(facts::kSymbolThreadLocal);
    }
    case SymKind::Local:
    case SymKind::Alloc:
    case SymKind::Global:
    case SymKind::ParamSlot:
      return true;
    case SymKind::Param:
      return ownArgument(context, syms[root].a, seen);
    case SymKind::Stale:
      return own(context, syms[root].a, seen);
    case SymKind::Phi: {
      // A pointer that walks along: from where it may have started.
      if (!seen.insert({context, root}).second) return true;
      auto inputs = world_.link.phis.find(root);
      return inputs != world_.link.phis.end() &&
             std::all_of(inputs->second.begin(), inputs->second.end(),
                         [&](SymId input) { return own(context, input, seen); });
    }
    default:
      return false;
  }
}

// As every caller passes it.
bool OwnObjects::ownArgument(ContextId context, std::uint32_t argument, Seen& seen) const {
  const Index function = world_.contexts[context].function;
  const SymId parameter = world_.syms.make(SymKind::Param, argument);
  if (seen.size() > kSeen || !seen.insert({context, parameter}).second) return true;
  for (auto [from, call] : callers_[context]) {
    for (const CallSite& site : world_.link.summaries[world_.contexts[from].function].calls) {
      if (site.gid != call || site.callee == kNoSym) continue;
      SymId passed = kNoSym;
      const Sym& callee = world_.syms[site.callee];
      const bool object = callee.kind != SymKind::Func && world_.program.functions[function].method;
      if (callee.kind == SymKind::Func && !site.is_virtual &&
          world_.program.symbols[callee.a].function != function)
        continue;
      if (object && argument == 0)
        passed = site.callee;
      else if (const std::size_t k = argument - (object ? 1 : 0); k < site.args.size())
        passed = site.args[k];
      if (passed != kNoSym && !own(from, passed, seen)) return false;
    }
  }
  return true;
}

}  // namespace gridlock::link
