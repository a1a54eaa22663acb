// data-race, and the table of shared state with the guard that most accesses
// agree on.
//
// Accesses are compared object by object (conflicts.h). All pairs on one piece
// of state are one finding.
#include <algorithm>
#include <functional>
#include <optional>

#include "analyzer/link/annotations.h"
#include "analyzer/link/check.h"
#include "analyzer/link/checks/conflicts.h"
#include "analyzer/link/checks/object_kinds.h"
#include "analyzer/link/checks/open_world.h"

namespace gridlock::link {

namespace {

constexpr std::size_t kLocations = 50;  // of one finding that are shown

struct Pair {
  const Access* first = nullptr;  // writes
  const Access* second = nullptr;
  int rank = 0;
};

class RaceCheck {
 public:
  explicit RaceCheck(Reporter& reporter) : reporter_(reporter), world_(reporter.world) {}

  void run() {
    std::map<std::uint32_t, std::vector<const Access*>> by_object;
    for (const Access& access : world_.accesses)
      by_object[world_.parts[access.place].object].push_back(&access);
    for (auto& [object, list] : by_object) checkObject(list);
    for (auto& [name, state] : states_) addState(name, state);
    nameParts();
  }

 private:
  struct StateInfo {
    PlaceId place = 0;
    std::vector<const Access*> accesses;
    std::vector<Pair> pairs;
  };

  bool ignored(const Access& access) const {
    if (world_.threadPrivate(access.place)) return true;
    const Object& object = world_.objectOf(access.place);
    if (object.kind == ObjectKind::Global) {
      const SymbolInfo& symbol = world_.program.symbols[object.a];
      if (symbol.has(facts::kSymbolStaticLocal) && (access.flags & kEventInit)) return true;
      if (symbol.has(facts::kSymbolConst)) return true;
      std::string_view q = symbol.qualified;
      if (q == "std::cout" || q == "std::cerr" || q == "std::cin" || q == "std::clog" || q == "stdout" ||
          q == "stderr" || q == "stdin" || q == "errno")
        return true;
    }
    return false;
  }

  // Locks, conditions and their like are made to be shared.
  bool syncType(PlaceId place) const {
    for (PlaceId p = place; p != kNone; p = world_.parts[p].parent) {
      const TypeInfo* type = world_.program.typeInfo(world_.typeOf(p));
      while (type && type->kind == facts::TypeKind::Array) type = world_.program.typeInfo(type->element);
      if (!type) continue;
      std::string_view q = type->qualified.empty() ? type->name : type->qualified;
      for (std::string_view name : {"std::mutex",
                                    "std::recursive_mutex",
                                    "std::timed_mutex",
                                    "std::shared_mutex",
                                    "std::condition_variable",
                                    "std::condition_variable_any",
                                    "std::shared_timed_mutex",
                                    "std::once_flag",
                                    "std::counting_semaphore",
                                    "std::latch",
                                    "std::barrier",
                                    "pthread_mutex_t",
                                    "pthread_cond_t",
                                    "pthread_rwlock_t",
                                    "sem_t",
                                    "pthread_barrier_t",
                                    "std::thread",
                                    "std::jthread",
                                    "std::promise",
                                    "std::future",
                                    "std::shared_future"}) {
        if (q == name) return true;
      }
    }
    return false;
  }

  void checkObject(const std::vector<const Access*>& list) {
    bool written =
        std::any_of(list.begin(), list.end(), [](const Access* a) { return a->flags & kEventWrite; });
    bool several = false;
    for (const Access* access : list)
      several |= access->origin != list[0]->origin || world_.origins[access->origin].many;
    if (!several) return;
    std::vector<const Access*> kept;
    for (const Access* access : list) {
      if (!ignored(*access) && !syncType(access->place)) kept.push_back(access);
    }
    for (const Access* access : kept) {
      StateInfo& state = states_[world_.nameOf(access->place)];
      if (state.accesses.empty()) state.place = access->place;
      state.accesses.push_back(access);
    }
    if (!written) return;
    std::size_t budget = 4000000;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      for (std::size_t j = i; j < kept.size(); ++j) {
        if (budget == 0) {
          world_.cut = true;
          return;
        }
        --budget;
        const Access &a = *kept[i], &b = *kept[j];
        if (!conflicts_.between(a, b)) continue;
        Pair pair;
        pair.first = (a.flags & kEventWrite) ? &a : &b;
        pair.second = pair.first == &a ? &b : &a;
        pair.rank = rankOf(pair);
        // The deeper place names the state.
        PlaceId place = depthOf(a.place) >= depthOf(b.place) ? a.place : b.place;
        StateInfo& state = states_[world_.nameOf(place)];
        if (state.accesses.empty()) state.place = place;
        if (state.pairs.size() < 4000) state.pairs.push_back(pair);
      }
    }
  }

  unsigned depthOf(PlaceId place) const {
    unsigned depth = 0;
    for (; world_.parts[place].parent != kNone; place = world_.parts[place].parent) ++depth;
    return depth;
  }

  // Why it is not known that both accesses mean one object and can meet, or nothing.
  std::string doubtOf(const Access& a, const Access& b) const {
    if (a.width > 4 || b.width > 4 || world_.objectOf(a.place).mixed || world_.objectOf(b.place).mixed)
      return "the address may be that of many objects";
    if (a.place != b.place && kindsOf(world_, a, b) == Kinds::Bytes)
      return "one side touches bytes, the other a structure's field: they may be of two objects";
    if (const Index flag = a.doubt != kNone ? a.doubt : b.doubt; flag != kNone)
      return "`" + std::string(world_.program.symbols[flag].qualified) +
             "` would have to change between two tests on one side's way";
    // A hash selects the lock on both sides: as a rule that of what is accessed, but of a variable, which is
    // one.
    if (variable(a.place) && variable(b.place)) return "";
    auto related = [&](const Access& access) {
      return std::any_of(world_.lock_uses[access.locks].begin(), world_.lock_uses[access.locks].end(),
                         [](const LockUse& use) { return use.key >> 63; });
    };
    // Nor where both say which one it is.
    if (related(a) && related(b)) return "";
    const std::vector<HeldAt> x = heldOf(a), y = heldOf(b);
    for (const HeldAt& h : x) {
      if (h.maybe || h.soft || !h.hashed) continue;
      for (const HeldAt& g : y) {
        if (g.maybe || g.soft || !g.hashed || (h.mode == Mode::Shared && g.mode == Mode::Shared)) continue;
        for (PlaceId lock : world_.set(h.places)) {
          if (std::binary_search(world_.set(g.places).begin(), world_.set(g.places).end(), lock) &&
              !world_.singlePlace(lock))
            return "a hash selects the lock out of `" + reporter_.lockName(lock) +
                   "` on both sides; whether it is the same one is not known";
        }
      }
    }
    return "";
  }

  // A variable or a member of one, by its name: not what a table leads to.
  bool variable(PlaceId place) const {
    const ObjectKind kind = world_.objectOf(place).kind;
    return (kind == ObjectKind::Global || kind == ObjectKind::Local) && world_.singlePlace(place);
  }

  std::vector<HeldAt> heldOf(const Access& access) const {
    const Summary& summary = world_.link.summaries[world_.contexts[access.context].function];
    return world_.heldAt(access.context, summary.snapshots[summary.events[access.event].snapshot]);
  }

  int rankOf(const Pair& pair) const {
    int rank = 0;
    if (!doubtOf(*pair.first, *pair.second).empty()) rank += 1000;
    rank += pair.first->gid != pair.second->gid ? 0 : 3;
    rank +=
        world_.lock_uses[pair.first->locks].empty() != world_.lock_uses[pair.second->locks].empty() ? 0 : 2;
    rank += static_cast<int>(world_.stackOf(pair.first->context, 0).size() +
                             world_.stackOf(pair.second->context, 0).size());
    rank += 4 * (std::max(pair.first->width, pair.second->width) > 1);
    if ((pair.first->flags | pair.second->flags) & kEventDying) rank += 1000;
    return rank;
  }

  // Classes of the locks held at an access, by name.
  std::vector<PlaceId> heldClasses(const Access& access) const {
    std::vector<PlaceId> out;
    for (const HeldAt& held : heldOf(access)) {
      if (held.maybe) continue;
      std::vector<PlaceId> classes = reporter_.lockClasses(held.places);
      if (classes.size() != 1) continue;
      // Counted readers have no name.
      const Part& part = world_.parts[classes[0]];
      if (part.step == facts::StepKind::Field && world_.program.isPseudo(part.field)) continue;
      if (std::find(out.begin(), out.end(), classes[0]) == out.end()) out.push_back(classes[0]);
    }
    return out;
  }

  std::string holding(const Access& access) const {
    std::string out;
    for (const HeldAt& held : heldOf(access)) {
      if (held.maybe) continue;
      const std::vector<PlaceId> classes = reporter_.lockClasses(held.places);
      if (classes.size() != 1) continue;
      out += (out.empty() ? " holding `" : ", `") + reporter_.lockName(classes[0]) + "`";
      if (held.mode == Mode::Shared) out += " for reading";
    }
    return out.empty() ? " without a lock" : out;
  }

  // Whether the access holds this lock, and for reading only.
  bool holdsForReading(const Access& access, const std::string& lock) const {
    bool out = false;
    for (const HeldAt& held : heldOf(access)) {
      if (held.maybe) continue;
      const std::vector<PlaceId> classes = reporter_.lockClasses(held.places);
      if (classes.size() != 1 || reporter_.lockName(classes[0]) != lock) continue;
      if (held.mode != Mode::Shared) return false;
      out = true;
    }
    return out;
  }

  // A lock that both sides hold and at least one for reading: it keeps neither away. Empty: none.
  std::string lockForReading(const Access& a, const Access& b) const {
    for (const PlaceId first : heldClasses(a))
      for (const PlaceId second : heldClasses(b)) {
        const std::string name = reporter_.lockName(first);
        if (name == reporter_.lockName(second) && (holdsForReading(a, name) || holdsForReading(b, name)))
          return name;
      }
    return {};
  }

  std::string threadText(const Access& access) const {
    const Origin& origin = world_.origins[access.origin];
    if (origin.parent == kNone && !origin.open) return "main";
    if (origin.open) return "`" + reporter_.threadName(access.origin) + "`";
    return (origin.many ? "threads `" : "thread `") + reporter_.threadName(access.origin) + "`";
  }

  void addState(const std::string& name, StateInfo& info) {
    model::Report& report = reporter_.report;
    std::set<Gid> gids;
    std::map<std::string, std::pair<PlaceId, std::set<Gid>>> by_lock;
    std::set<Gid> unguarded;
    bool written = false;
    std::set<OriginId> threads;
    for (const Access* access : info.accesses) {
      gids.insert(access->gid);
      threads.insert(access->origin);
      written |= (access->flags & kEventWrite) != 0;
      for (PlaceId lock : heldClasses(*access)) {
        auto& entry = by_lock[reporter_.lockName(lock)];
        entry.first = lock;
        entry.second.insert(access->gid);
      }
    }
    bool shared = threads.size() > 1;
    for (OriginId o : threads) shared |= world_.origins[o].many;
    if (!shared && info.pairs.empty()) return;
    if (!written && by_lock.empty()) return;
    model::SharedState state;
    state.id = static_cast<model::Id>(report.shared_state.size());
    state.name = name;
    Place declared = world_.declaredAt(info.place);
    if (declared.file != kNone) state.declared = reporter_.site(declared, "");
    state.accesses = gids.size();
    state.written = written;
    std::size_t best = 0;
    PlaceId guard = kNone;
    for (auto& [lock_name, entry] : by_lock) {
      if (entry.second.size() > best) {
        best = entry.second.size();
        guard = entry.first;
      }
    }
    if (guard != kNone && best * 2 >= gids.size()) {
      state.guard = reporter_.lock(guard);
      state.guarded = best;
      std::string lock_name = reporter_.lockName(guard);
      if (std::size_t at = lock_name.rfind("::"); at != std::string::npos)
        lock_name = lock_name.substr(at + 2);
      if (std::size_t at = lock_name.rfind(':'); at != std::string::npos)
        lock_name = lock_name.substr(at + 1);
      state.annotation = "GUARDED_BY(" + lock_name + ")";
    }
    if (state.guard) proposeAnnotation(info, guard, state);
    report.shared_state.push_back(state);
    for (const Access* access : info.accesses) states_of_access_[access] = state.id;
    if (info.pairs.empty()) return;
    auto open = [&](const Pair& p) {
      return world_.origins[p.first->origin].open || world_.origins[p.second->origin].open;
    };
    if (std::any_of(info.pairs.begin(), info.pairs.end(), open)) {
      // Who calls a library is not known: what most of its code does shows what is meant.
      std::erase_if(info.pairs, [&](const Pair& p) {
        return open(p) && (guard == kNone || !breaksBelief(info, p, guard, best, gids.size()));
      });
      if (info.pairs.empty()) return;
    }
    addFinding(name, info, state.id, state.guard);
  }

  void proposeAnnotation(const StateInfo& info, PlaceId guard, model::SharedState& state) {
    std::set<Gid> defects;
    for (const Pair& pair : info.pairs) {
      for (const Access* access : {pair.first, pair.second}) defects.insert(access->gid);
    }
    state.fix = proposer_.propose(info.place, guard, defects);
    if (!state.fix) return;
    state.annotation = state.fix->message;
    state.fix->message = "Write " + state.annotation + " at `" + state.name + "`: Clang then checks it.";
  }

  // What to do about it: hold the guard, and let Clang watch over it where the edit is known to be right.
  void adviseGuard(const StateInfo& info, const std::string& name, model::Id state, model::Id guard,
                   model::Finding& finding) {
    const std::string& lock = reporter_.report.locks[guard].name;
    std::string where;
    std::string writes_as_reader;
    for (const Pair& pair : info.pairs) {
      for (const Access* access : {pair.first, pair.second}) {
        if ((access->flags & kEventWrite) && writes_as_reader.empty() && holdsForReading(*access, lock))
          writes_as_reader = reporter_.where(access->gid);
        const std::vector<PlaceId> held = heldClasses(*access);
        const bool holds = std::any_of(held.begin(), held.end(),
                                       [&](PlaceId place) { return reporter_.lockName(place) == lock; });
        if (!holds && where.empty()) where = reporter_.where(access->gid);
      }
    }
    finding.fix.emplace();
    finding.fix->message =
        writes_as_reader.empty() || !where.empty()
            ? "Hold `" + lock + "`" + (where.empty() ? std::string() : " at " + where) +
                  ", as most accesses to `" + name + "` do."
            : "Hold `" + lock + "` for writing at " + writes_as_reader + ", where `" + name + "` is changed.";
    const model::SharedState& row = reporter_.report.shared_state[state];
    if (!row.fix) return;
    finding.fix->message += " " + row.annotation + " at its declaration lets Clang check it.";
    finding.fix->edits = row.fix->edits;
  }

  // Whether a pair is an exception to the guard that the rest of the code believes in.
  bool breaksBelief(const StateInfo& info, const Pair& pair, PlaceId guard, std::size_t guarded,
                    std::size_t all) {
    if (startsOrEnds(world_, *pair.first) || startsOrEnds(world_, *pair.second)) return false;
    const std::string name = reporter_.lockName(guard);
    auto holds = [&](const Access& access) {
      std::vector<PlaceId> held = heldClasses(access);
      return std::any_of(held.begin(), held.end(),
                         [&](PlaceId lock) { return reporter_.lockName(lock) == name; });
    };
    if (holds(*pair.first) == holds(*pair.second)) return false;
    bool together = std::any_of(info.accesses.begin(), info.accesses.end(), [&](const Access* access) {
      return belongTogether(world_, access->place, guard);
    });
    if (!together && (guarded < 3 || guarded * 3 < all * 2)) return false;
    return std::any_of(info.accesses.begin(), info.accesses.end(), [&](const Access* access) {
      return (access->flags & kEventWrite) && holds(*access) && !startsOrEnds(world_, *access);
    });
  }

  void addFinding(const std::string& name, StateInfo& info, model::Id state, std::optional<model::Id> guard) {
    std::stable_sort(info.pairs.begin(), info.pairs.end(), [&](const Pair& a, const Pair& b) {
      if (a.rank != b.rank) return a.rank < b.rank;
      if (a.first->gid != b.first->gid) return a.first->gid < b.first->gid;
      return a.second->gid < b.second->gid;
    });
    const Pair& pair = info.pairs[0];
    const Access &a = *pair.first, &b = *pair.second;
    model::Finding finding;
    finding.rule = model::Rule::DataRace;
    std::string doubt = doubtOf(a, b);
    bool open = world_.origins[a.origin].open || world_.origins[b.origin].open;
    if (!doubt.empty()) {
      finding.confidence = model::Confidence::Possible;
      finding.reason = doubt;
    } else if ((a.flags | b.flags) & kEventDying) {
      finding.confidence = model::Confidence::Possible;
      finding.reason = "one side only runs while the process is being ended by a failure";
    } else if (open) {
      finding.rule = model::Rule::InconsistentGuard;
      finding.confidence = model::Confidence::Likely;
      finding.reason = "elsewhere a lock guards it; which threads call this is not known";
    } else {
      finding.confidence = model::Confidence::Likely;
      const std::string lock = lockForReading(a, b);
      finding.reason = lock.empty() ? "both threads can be there at the same time, and no lock is common"
                                    : "both threads can be there at the same time: who holds `" + lock +
                                          "` for reading keeps nobody away who holds it for reading, too";
    }
    finding.severity = model::severityFor(finding.rule, finding.confidence);
    std::string second_verb = (b.flags & kEventWrite) ? "writes" : "reads";
    if (a.origin == b.origin && a.gid == b.gid) {
      finding.message = "`" + name + "` is written by several threads `" + reporter_.threadName(a.origin) +
                        "` at " + reporter_.where(a.gid) + holding(a) + ", at the same time";
    } else {
      finding.message = "`" + name + "` is written by " + threadText(a) + " at " + reporter_.where(a.gid) +
                        holding(a) + " while " + threadText(b) + " " + second_verb + " it at " +
                        reporter_.where(b.gid) + holding(b);
    }
    // A whole object that is freed, cleared or copied over races in each of its parts: one defect.
    const Access* whole = (a.flags & kEventWrite) && (a.flags & kEventWhole)   ? &a
                          : (b.flags & kEventWrite) && (b.flags & kEventWhole) ? &b
                                                                               : nullptr;
    if (whole) {
      auto [known, fresh] = whole_writes_.try_emplace({whole->gid, finding.confidence});
      if (!fresh) {
        known->second.more.push_back(name);
        model::Finding& first = reporter_.report.findings[known->second.finding];
        const Access& other = whole == &a ? b : a;
        const model::Location at = reporter_.location(other.gid, "also");
        const bool there =
            std::any_of(first.locations.begin(), first.locations.end(), [&](const model::Location& location) {
              return location.file == at.file && location.line == at.line && location.column == at.column;
            });
        if (there) return;
        if (first.locations.size() < kLocations)
          first.locations.push_back(at);
        else
          ++first.more_locations;
        return;
      }
      known->second.finding = reporter_.report.findings.size();
    }
    std::set<Gid> shown;
    auto show = [&](const Access& access, bool also) {
      if (!shown.insert(access.gid).second) return;
      if (finding.locations.size() >= kLocations) {
        ++finding.more_locations;
        return;
      }
      std::string role = also ? "also" : (access.flags & kEventWrite) ? "writes" : "reads";
      finding.locations.push_back(reporter_.location(access.gid, role));
    };
    show(a, false);
    show(b, false);
    for (const Pair& p : info.pairs) {
      show(*p.first, true);
      show(*p.second, true);
    }
    std::set<model::Id> threads{reporter_.thread(a.origin), reporter_.thread(b.origin)};
    finding.threads.assign(threads.begin(), threads.end());
    finding.state.push_back(state);
    if (guard) finding.locks.push_back(*guard);
    if (guard) adviseGuard(info, name, state, *guard, finding);
    for (const Access* access : {&a, &b}) {
      model::Step step;
      step.thread = reporter_.thread(access->origin);
      step.action = (access->flags & kEventWrite) ? "writes" : "reads";
      step.state = state;
      step.site = reporter_.site(access->gid);
      step.stack = reporter_.stack(access->context, access->gid);
      finding.steps.push_back(step);
    }
    reporter_.report.findings.push_back(std::move(finding));
  }

  // Says of findings that stand for several parts of an object which those are.
  void nameParts() {
    constexpr std::size_t kNamed = 3;
    for (const auto& [key, write] : whole_writes_) {
      if (write.more.empty()) continue;
      std::string& message = reporter_.report.findings[write.finding].message;
      message += "; the same write races with accesses to ";
      for (std::size_t i = 0; i < write.more.size() && i < kNamed; ++i)
        message += (i ? ", `" : "`") + write.more[i] + "`";
      if (write.more.size() > kNamed)
        message += " and " + std::to_string(write.more.size() - kNamed) + " more";
    }
  }

  Reporter& reporter_;
  World& world_;
  const Conflicts conflicts_{world_};
  AnnotationProposer proposer_{reporter_};
  std::map<std::string, StateInfo> states_;
  std::map<const Access*, model::Id> states_of_access_;
  struct WholeWrite {
    std::size_t finding = 0;        // of the report
    std::vector<std::string> more;  // parts that race with the same write
  };
  std::map<std::pair<Gid, model::Confidence>, WholeWrite> whole_writes_;
};

}  // namespace

void checkDataRaces(Reporter& reporter) { RaceCheck(reporter).run(); }

}  // namespace gridlock::link
