// Joins reports. Each part is taken in turn: its rows get the ids of equal rows that are there
// already, or new ones. New ids are positions.
#include "analyzer/model/merge.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace gridlock::model {
namespace {

// Old id to new id of one array of one part. Dangling references were refused before (check.h).
using IdMap = std::unordered_map<Id, Id>;

Id at(const IdMap& map, Id id) {
  const auto found = map.find(id);
  return found == map.end() ? 0 : found->second;
}
std::optional<Id> at(const IdMap& map, std::optional<Id> id) {
  return id ? std::optional<Id>(at(map, *id)) : std::nullopt;
}
void renumber(const IdMap& map, std::vector<Id>& ids) {
  for (Id& id : ids) id = at(map, id);
}
// The same, for lists whose order says nothing and that may now hold one thing twice.
void renumberSet(const IdMap& map, std::vector<Id>& ids) {
  renumber(map, ids);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

void unite(std::vector<Id>& into, const std::vector<Id>& more) {
  for (Id id : more)
    if (std::find(into.begin(), into.end(), id) == into.end()) into.push_back(id);
}

template <typename Row>
Id append(std::vector<Row>& rows, Row row) {
  const Id id = static_cast<Id>(rows.size());
  row.id = id;
  rows.push_back(std::move(row));
  return id;
}

using FrameKey = std::tuple<std::string, int, int, std::string>;
FrameKey keyOf(const Frame& frame) { return {frame.file, frame.line, frame.column, frame.function}; }

// Kinds that the static pass and the runtime may give to one lock: only the runtime sees attributes
// and the library's own use of a lock.
bool sameKind(LockKind a, LockKind b) {
  const auto plain = [](LockKind kind) {
    return kind == LockKind::RecursiveMutex || kind == LockKind::Custom ? LockKind::Mutex : kind;
  };
  return plain(a) == plain(b);
}

std::optional<Times> unite(const std::optional<Times>& a, const std::optional<Times>& b) {
  if (!a) return b;
  if (!b) return a;
  Times out;
  out.total = a->total + b->total;
  out.max = std::max(a->max, b->max);
  return out;  // quantiles of a union cannot be computed from those of its parts
}

auto keyOf(const Witness& witness) {
  std::vector<std::tuple<Id, std::uint64_t, bool, Mode>> held;
  for (const HeldLock& lock : witness.held)
    held.emplace_back(lock.lock, lock.instance.value_or(0), lock.instance.has_value(), lock.mode);
  std::sort(held.begin(), held.end());
  return std::make_tuple(witness.run, witness.thread, witness.segment, witness.from_stack, witness.to_stack,
                         std::move(held), witness.from_instance, witness.to_instance, witness.from_mode,
                         witness.to_mode, witness.request, witness.exact, witness.note);
}

class Merger {
 public:
  void add(Report part) {
    addRunsAndPlaces(part);
    addLocks(part);
    addState(part);
    addSections(part);
    addOrder(part);
    addWaits(part);
    addFindings(part);
  }

  Report take() { return std::move(out_); }

 private:
  void addRunsAndPlaces(Report& part) {
    runs_.clear();
    sites_.clear();
    stacks_.clear();
    threads_.clear();
    segments_.clear();
    for (Run& run : part.runs) {
      const Id old = run.id;
      runs_[old] = append(out_.runs, std::move(run));
    }
    for (Site& site : part.sites) {
      std::vector<FrameKey> frames = {keyOf(Frame{site.file, site.line, site.column, site.function})};
      for (const Frame& frame : site.inlined) frames.push_back(keyOf(frame));
      const auto [entry, fresh] = site_by_content_.try_emplace({std::move(frames), site.module}, 0);
      const Id old = site.id;
      if (fresh) entry->second = append(out_.sites, std::move(site));
      sites_[old] = entry->second;
    }
    for (Stack& stack : part.stacks) {
      renumber(sites_, stack.frames);
      const auto [entry, fresh] = stack_by_content_.try_emplace(stack.frames, 0);
      const Id old = stack.id;
      if (fresh) entry->second = append(out_.stacks, std::move(stack));
      stacks_[old] = entry->second;
    }
    for (Thread& thread : part.threads) {
      const Id old = thread.id;
      thread.run = at(runs_, thread.run);
      thread.created = at(stacks_, thread.created);
      threads_[old] = append(out_.threads, std::move(thread));
    }
    const std::size_t first = out_.segments.size();
    for (Segment& segment : part.segments) {
      const Id old = segment.id;
      segment.thread = at(threads_, segment.thread);
      segments_[old] = append(out_.segments, std::move(segment));
    }
    for (std::size_t i = first; i < out_.segments.size(); ++i) {
      renumber(segments_, out_.segments[i].after);
      renumber(segments_, out_.segments[i].before);
    }
  }

  // A lock that is declared in another file is another lock. Without a declaration on both sides
  // the name decides: that is what it is for.
  bool sameLock(const Lock& known, const Lock& other) const {
    if (!sameKind(known.kind, other.kind)) return false;
    if (!known.declared || !other.declared) return true;
    return out_.sites[*known.declared].file == out_.sites[*other.declared].file;
  }

  void addLocks(Report& part) {
    locks_.clear();
    joined_.clear();
    instances_.clear();
    std::unordered_map<Id, int> rows_of;  // new id to the number of this part's rows that became it
    for (Lock& lock : part.locks) {
      const Id old = lock.id;
      lock.declared = at(sites_, lock.declared);
      lock.created = at(stacks_, lock.created);
      std::vector<Id>& candidates = locks_by_name_[lock.name];
      const auto found = std::find_if(candidates.begin(), candidates.end(), [&](Id id) {
        // Two rows of one part are two objects; they can be instances of one class, but not one global.
        const bool taken = rows_of.count(id) > 0 && (lock.global || out_.locks[id].global);
        return !taken && sameLock(out_.locks[id], lock);
      });
      if (found == candidates.end()) {
        candidates.push_back(append(out_.locks, std::move(lock)));
        locks_[old] = candidates.back();
        rows_of[candidates.back()] = 1;
        continue;
      }
      Lock& known = out_.locks[*found];
      // Two rows of one part are different instances; rows of different parts may be the same ones.
      if (++rows_of[known.id] > 1) {
        known.instances += lock.instances;
      } else {
        known.instances = std::max(known.instances, lock.instances);
      }
      if (known.kind == LockKind::Mutex) known.kind = lock.kind;
      if (!known.declared) known.declared = lock.declared;
      if (!known.created) known.created = lock.created;
      known.process_shared |= lock.process_shared;
      known.prefers_writers |= lock.prefers_writers;
      known.global |= lock.global;
      locks_[old] = known.id;
    }
    for (const auto& [old, fresh] : locks_)
      if (rows_of[fresh] > 1) joined_.insert_or_assign(old, true);
  }

  // Where several rows of a part became one lock, their instance numbers must not meet.
  std::optional<std::uint64_t> instance(Id old_lock, std::optional<std::uint64_t> number) {
    if (joined_.find(old_lock) == joined_.end()) return number;
    const auto [entry, fresh] = instances_.try_emplace({old_lock, number.value_or(0)}, next_instance_);
    if (fresh) ++next_instance_;
    return entry->second;
  }

  void addState(Report& part) {
    states_.clear();
    for (SharedState& state : part.shared_state) {
      const Id old = state.id;
      state.declared = at(sites_, state.declared);
      if (state.guard) state.guard = at(locks_, *state.guard);
      const std::string file = state.declared ? out_.sites[*state.declared].file : std::string();
      const auto [entry, fresh] = state_by_name_.try_emplace({state.name, file}, 0);
      if (fresh) {
        entry->second = append(out_.shared_state, std::move(state));
      } else {
        // Programs that share a source see the same accesses: the fuller count is kept, not a sum.
        SharedState& known = out_.shared_state[entry->second];
        known.written |= state.written;
        if (state.accesses > known.accesses) {
          known.accesses = state.accesses;
          known.guarded = state.guarded;
          known.guard = state.guard;
          known.annotation = state.annotation;
          known.fix = std::move(state.fix);
        }
      }
      states_[old] = entry->second;
    }
  }

  void addSections(Report& part) {
    IdMap sections;
    std::vector<std::pair<Id, std::vector<Id>>> within;  // after all have new ids
    for (CriticalSection& section : part.critical_sections) {
      const Id old = section.id;
      section.lock = at(locks_, section.lock);
      section.enter = at(sites_, section.enter);
      renumberSet(sites_, section.exits);
      renumberSet(states_, section.state);
      renumberSet(sites_, section.blocking);
      std::vector<Id> around = std::move(section.within);
      section.within.clear();
      Id id = 0;
      const bool joinable = section.enter.has_value();
      const auto key = std::make_tuple(section.lock, section.mode, section.enter.value_or(0));
      const auto found = joinable ? section_by_place_.find(key) : section_by_place_.end();
      if (found == section_by_place_.end()) {
        id = append(out_.critical_sections, std::move(section));
        if (joinable) section_by_place_[key] = id;
      } else {
        id = found->second;
        CriticalSection& known = out_.critical_sections[id];
        unite(known.exits, section.exits);
        unite(known.state, section.state);
        unite(known.blocking, section.blocking);
        if (section.count) known.count = known.count.value_or(0) + *section.count;
        known.hold_ns = unite(known.hold_ns, section.hold_ns);
        known.wait_ns = unite(known.wait_ns, section.wait_ns);
        known.estimated |= section.estimated;
        known.contended += section.contended;
      }
      sections[old] = id;
      within.emplace_back(id, std::move(around));
    }
    for (auto& [id, around] : within) {
      renumberSet(sections, around);
      around.erase(std::remove(around.begin(), around.end(), id), around.end());
      unite(out_.critical_sections[id].within, around);
    }
  }

  void addOrder(Report& part) {
    edges_.clear();
    for (OrderEdge& edge : part.lock_order) {
      for (Witness& witness : edge.witnesses) {
        witness.from_instance = instance(edge.from, witness.from_instance);
        witness.to_instance = instance(edge.to, witness.to_instance);
        for (HeldLock& held : witness.held) {
          held.instance = instance(held.lock, held.instance);
          held.lock = at(locks_, held.lock);
        }
        witness.run = at(runs_, witness.run);
        witness.thread = at(threads_, witness.thread);
        witness.segment = at(segments_, witness.segment);
        witness.from_stack = at(stacks_, witness.from_stack);
        witness.to_stack = at(stacks_, witness.to_stack);
      }
      const Id old = edge.id;
      edge.from = at(locks_, edge.from);
      edge.to = at(locks_, edge.to);
      const auto [entry, fresh] =
          edge_by_locks_.try_emplace({edge.from, edge.to, edge.from_mode, edge.to_mode}, 0);
      if (fresh) {
        std::vector<Witness> witnesses = std::move(edge.witnesses);
        edge.witnesses.clear();
        entry->second = append(out_.lock_order, std::move(edge));
        addWitnesses(entry->second, std::move(witnesses));
      } else {
        OrderEdge& known = out_.lock_order[entry->second];
        known.count += edge.count;
        known.seen_runtime |= edge.seen_runtime;
        known.seen_static |= edge.seen_static;
        addWitnesses(entry->second, std::move(edge.witnesses));
      }
      edges_[old] = entry->second;
    }
  }

  void addWitnesses(Id edge, std::vector<Witness> witnesses) {
    auto& seen = witnesses_of_[edge];
    for (Witness& witness : witnesses)
      if (seen.try_emplace(keyOf(witness), true).second)
        out_.lock_order[edge].witnesses.push_back(std::move(witness));
  }

  void addWaits(Report& part) {
    for (Wait& wait : part.wait_for) {
      wait.thread = at(threads_, wait.thread);
      wait.for_lock = at(locks_, wait.for_lock);
      renumber(threads_, wait.held_by);
      wait.stack = at(stacks_, wait.stack);
      out_.wait_for.push_back(std::move(wait));
    }
  }

  void addFindings(Report& part) {
    std::unordered_map<std::string, int> seen;  // one function can hold two defects of one fingerprint
    for (Finding& finding : part.findings) {
      if (derivedByAnalysis(finding)) continue;
      renumberSet(locks_, finding.locks);
      renumberSet(threads_, finding.threads);
      renumberSet(edges_, finding.edges);
      renumberSet(states_, finding.state);
      for (Step& step : finding.steps) {
        step.thread = at(threads_, step.thread);
        step.lock = at(locks_, step.lock);
        step.state = at(states_, step.state);
        step.site = at(sites_, step.site);
        step.stack = at(stacks_, step.stack);
      }
      finding.fingerprint = fingerprint(out_, finding);
      const auto [entry, fresh] =
          finding_by_fingerprint_.try_emplace({finding.fingerprint, seen[finding.fingerprint]++}, 0);
      if (fresh) {
        entry->second = append(out_.findings, std::move(finding));
      } else if (finding.confidence > out_.findings[entry->second].confidence) {
        finding.id = entry->second;
        out_.findings[entry->second] = std::move(finding);
      }
    }
  }

  Report out_;

  IdMap runs_, sites_, stacks_, threads_, segments_, locks_, states_, edges_;  // of the part at hand
  std::unordered_map<Id, bool> joined_;  // old locks of the part that share their new one
  std::map<std::pair<Id, std::uint64_t>, std::uint64_t> instances_;
  std::uint64_t next_instance_ = 1ull << 48;  // above any number that an observer gives

  std::map<std::pair<std::vector<FrameKey>, std::string>, Id> site_by_content_;
  std::map<std::vector<Id>, Id> stack_by_content_;
  std::unordered_map<std::string, std::vector<Id>> locks_by_name_;
  std::map<std::pair<std::string, std::string>, Id> state_by_name_;
  std::map<std::tuple<Id, Mode, Id>, Id> section_by_place_;
  std::map<std::tuple<Id, Id, Mode, Mode>, Id> edge_by_locks_;
  std::unordered_map<Id, std::map<decltype(keyOf(Witness{})), bool>> witnesses_of_;
  std::map<std::pair<std::string, int>, Id> finding_by_fingerprint_;
};

}  // namespace

bool derivedByAnalysis(const Finding& finding) {
  return finding.rule == Rule::LockOrderCycle ||
         (finding.rule == Rule::RecursiveRead && !finding.edges.empty());
}

Report merge(std::vector<Report> parts) {
  Merger merger;
  for (Report& part : parts) merger.add(std::move(part));
  return merger.take();
}

}  // namespace gridlock::model
