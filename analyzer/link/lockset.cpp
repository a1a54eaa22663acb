// Orders functions bottom-up and summarises each.
#include "analyzer/link/lockset.h"

#include <algorithm>

#include "analyzer/link/flow.h"

namespace gridlock::link {

LinkContext::LinkContext(Program& p, const Models& m)
    : program(p), models(m), mode_flags(p), state_flags(p), syms(p) {
  section = static_cast<Index>(p.symbols.size());
  SymbolInfo atomic;
  atomic.kind = facts::SymbolKind::Variable;
  atomic.name = atomic.qualified = atomic.display = "the atomic section";
  p.symbols.push_back(atomic);
  element_field = p.pseudoField("[]");
  first_field = p.pseudoField("first");
  second_field = p.pseudoField("second");
  mutex_field[0] = p.pseudoField("$mutex");
  mutex_field[1] = p.pseudoField("$mutex2");
  mutex_field[2] = p.pseudoField("$mutex3");
  mutex_field[3] = p.pseudoField("$mutex4");
  owned_field = p.pseudoField("$owned");
  readers_field = p.pseudoField("$readers");
  summaries.resize(p.functions.size());
}

namespace {

// Functions that `function` names: called, or passed to something that may call
// them.
std::vector<Index> referenced(const Program& program, const Models& models, Index function) {
  const FunctionInfo& info = program.functions[function];
  std::vector<Index> out;
  auto addSymbol = [&](Index symbol, bool overriders) {
    std::vector<Index> work{symbol};
    std::size_t steps = 0;
    while (!work.empty() && steps++ < 200) {
      Index s = work.back();
      work.pop_back();
      if (program.symbols[s].function != kNone) out.push_back(program.symbols[s].function);
      if (overriders)
        work.insert(work.end(), program.symbols[s].overridden_by.begin(),
                    program.symbols[s].overridden_by.end());
    }
  };
  auto addClosure = [&](Index type) {
    if (type == kNone) return;
    if (!(program.types[type].flags & facts::kTypeLambda)) return;
    Index call = program.callOperator(type);
    if (call != kNone) out.push_back(call);
  };
  // What objects of the library destroy, and the deleters of pointers.
  auto addDestroyed = [&](Index symbol) {
    if (program.symbols[symbol].function != kNone || program.symbols[symbol].parent == kNone) return;
    for (Index type : destroyedWith(program, models, program.symbols[symbol].parent)) {
      for (Index known : {program.destructorOf(type), program.callOperator(type)}) {
        if (known != kNone) out.push_back(known);
      }
    }
  };
  const facts::Unit& unit = *info.map->unit;
  for (const facts::Instruction& in : info.body->instructions) {
    if (in.kind != facts::InstructionKind::Call) continue;
    for (facts::ValueId v : in.args) {
      if (v != kNone && unit.values[v].kind == facts::ValueKind::Function)
        addSymbol(info.map->symbols[unit.values[v].index], false);
    }
    if (in.callee != kNone && unit.values[in.callee].kind == facts::ValueKind::Function)
      addDestroyed(info.map->symbols[unit.values[in.callee].index]);
    if (in.callee != kNone && unit.values[in.callee].kind == facts::ValueKind::Function)
      addSymbol(info.map->symbols[unit.values[in.callee].index], in.flags & facts::kInstrVirtual);
  }
  for (const facts::Local& local : info.body->locals) {
    if (local.type != kNone) addClosure(program.typeOf(*info.map, local.type));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

void summarise(LinkContext& context) {
  const Program& program = context.program;
  std::size_t n = program.functions.size();
  std::vector<std::vector<Index>> callees(n);
  for (Index f = 0; f < n; ++f) callees[f] = referenced(program, context.models, f);
  // Tarjan, without recursion; components come out callees first.
  std::vector<Index> index(n, kNone), low(n, 0);
  std::vector<bool> on_stack(n, false);
  std::vector<Index> stack;
  Index counter = 0;
  struct Frame {
    Index function;
    std::size_t next;
  };
  for (Index root = 0; root < n; ++root) {
    if (index[root] != kNone) continue;
    std::vector<Frame> frames{{root, 0}};
    index[root] = low[root] = counter++;
    stack.push_back(root);
    on_stack[root] = true;
    while (!frames.empty()) {
      Frame& frame = frames.back();
      Index f = frame.function;
      if (frame.next < callees[f].size()) {
        Index g = callees[f][frame.next++];
        if (index[g] == kNone) {
          index[g] = low[g] = counter++;
          stack.push_back(g);
          on_stack[g] = true;
          frames.push_back({g, 0});
        } else if (on_stack[g]) {
          low[f] = std::min(low[f], index[g]);
        }
        continue;
      }
      if (low[f] == index[f]) {
        std::vector<Index> component;
        Index g;
        do {
          g = stack.back();
          stack.pop_back();
          on_stack[g] = false;
          component.push_back(g);
        } while (g != f);
        std::sort(component.begin(), component.end());
        bool cyclic = component.size() > 1 || std::binary_search(callees[f].begin(), callees[f].end(), f);
        for (int round = 0; round < (cyclic ? 2 : 1); ++round) {
          for (Index member : component) context.summaries[member] = Flow(context, member).run();
        }
      }
      frames.pop_back();
      if (!frames.empty()) low[frames.back().function] = std::min(low[frames.back().function], low[f]);
    }
  }
}

}  // namespace gridlock::link
