// Cycles in words; see cycle_finding.h.
#include "analyzer/model/cycle_finding.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "analyzer/model/frames.h"

namespace gridlock::model {
namespace {

constexpr std::size_t kMostOtherPlaces = 50;

std::string quoted(std::string_view name) { return "`" + std::string(name) + "`"; }

std::string nameOf(const Report& report, Id lock) {
  const Lock* row = byId(report.locks, lock);
  return row ? row->name : std::string("?");
}

class CycleWriter {
 public:
  CycleWriter(const Report& report, Feasibility& feasibility, const std::vector<Hop>& hops,
              const Verdict& verdict, bool exact)
      : report_(report), feasibility_(feasibility), hops_(hops), verdict_(verdict), exact_(exact) {
    rotate();
  }

  Finding write() {
    finding_.rule = Rule::LockOrderCycle;
    finding_.confidence = verdict_.flaws == 0 ? Confidence::Likely : Confidence::Possible;
    finding_.severity = severityFor(finding_.rule, finding_.confidence);
    finding_.message = message();
    finding_.reason = reason();
    writeParts();
    writePlaces();
    writeCoffman();
    writeFix();
    return std::move(finding_);
  }

 private:
  const Witness& witness(std::size_t hop) const { return *verdict_.chosen[hop].witness; }

  // The cycle begins with the lock whose name comes first, whatever order the graph had.
  void rotate() {
    std::size_t best = 0;
    const auto rank = [this](std::size_t i) {
      return std::make_tuple(nameOf(report_, hops_[i].from), nameOf(report_, hops_[i].to), i);
    };
    for (std::size_t i = 1; i < hops_.size(); ++i)
      if (rank(i) < rank(best)) best = i;
    std::rotate(hops_.begin(), hops_.begin() + static_cast<std::ptrdiff_t>(best), hops_.end());
    std::rotate(verdict_.chosen.begin(), verdict_.chosen.begin() + static_cast<std::ptrdiff_t>(best),
                verdict_.chosen.end());
  }

  bool oneClass() const {
    return std::all_of(hops_.begin(), hops_.end(),
                       [this](const Hop& hop) { return hop.from == hops_[0].from; });
  }

  // The end of a thread, which a join waits for.
  bool isEnd(Id lock) const {
    const Lock* row = byId(report_.locks, lock);
    return row && row->kind == LockKind::Thread;
  }

  std::string message() const {
    const std::string first = quoted(nameOf(report_, hops_[0].from));
    const bool feasible = verdict_.flaws == 0;
    std::string text;
    if (oneClass()) {
      text = "two or more objects' " + first + " are taken in opposite orders";
      if (feasible) text += ": threads that each hold one and wait for the next would wait for ever";
    } else if (hops_.size() == 2) {
      const std::string second = quoted(nameOf(report_, hops_[1].from));
      const bool joins = isEnd(hops_[0].from) || isEnd(hops_[1].from);
      if (joins) {
        const std::string& end = isEnd(hops_[0].from) ? first : second;
        const std::string& lock = isEnd(hops_[0].from) ? second : first;
        text = "one thread waits for the " + end + " while it holds " + lock + ", which that thread takes";
        if (feasible) text += "; when it takes it last, both wait for ever";
      } else if (feasible) {
        text = "one thread takes " + first + " and then " + second + ", another takes " + second +
               " and then " + first + "; when each has its first lock, both wait for ever";
      } else {
        text = first + " and " + second + " are taken in both orders";
      }
    } else {
      constexpr std::size_t kMostNames = 8;
      std::string chain;
      for (std::size_t i = 0; i < hops_.size() && i < kMostNames; ++i)
        chain += quoted(nameOf(report_, hops_[i].from)) + " → ";
      if (hops_.size() > kMostNames) chain += "… → ";
      text = std::to_string(hops_.size()) + " locks are taken in orders that form a cycle, " + chain + first;
      if (feasible) text += "; threads that each hold one and wait for the next would wait for ever";
    }
    if (feasible) return "Potential deadlock: " + text;
    return "Potential deadlock, unlikely: " + text + ", but " + excuse();
  }

  // Why the cycle cannot happen, as far as is known.
  std::string excuse() const {
    const unsigned flaws = verdict_.flaws;
    std::string text;
    const auto add = [&](unsigned flaw, const std::string& words) {
      if (!(flaws & flaw)) return;
      text += (text.empty() ? "" : "; ") + words;
    };
    add(kOneThread, "one thread takes both orders");
    add(kOrdered,
        "one order ends before the other begins: thread start, join, a barrier or a hand-shake keeps them "
        "apart");
    add(kGate, verdict_.gate.empty() ? std::string("a common lock is held around both orders")
                                     : quoted(verdict_.gate) + " is held around both orders (gate lock)");
    add(kReaders, "the sides that meet only read");
    add(kTry, "one of the requests is a try-lock, which does not wait");
    add(kTimed, "one of the waits has a time limit: it would end in a time-out, not in a deadlock");
    add(kOtherObjects, "it was seen on different objects of these classes, never on the same ones");
    if (flaws & kUnsure)
      for (const Choice& choice : verdict_.chosen)
        if (!choice.witness->note.empty()) {
          add(kUnsure, choice.witness->note);
          break;
        }
    return text;
  }

  std::string reason() const {
    if (verdict_.flaws != 0) return excuse();
    std::set<Id> runs;
    bool planned = false;
    bool observed = false;
    bool many = false;
    bool writer = false;
    std::string note;
    for (std::size_t i = 0; i < hops_.size(); ++i) {
      const Witness& w = witness(i);
      runs.insert(w.run);
      (feasibility_.isStatic(w.run) ? planned : observed) = true;
      const Witness& next = witness((i + 1) % hops_.size());
      if (w.thread == next.thread) many = true;
      if (w.to_mode == Mode::Shared && next.from_mode == Mode::Shared) writer = true;
      if (note.empty()) note = w.note;
    }
    std::string text =
        many ? "any number of threads can do this at once" : "different threads take these orders";
    text += ", no lock is held around all of them, and no thread start or join keeps them apart";
    if (observed && !planned) text += runs.size() > 1 ? "; seen in different runs" : "; seen at run time";
    if (observed && planned) text += "; seen partly at run time, partly in the source";
    if (writer) text += "; it needs a writer that waits between the readers, and the lock prefers writers";
    if (!exact_ && !note.empty()) text += "; " + note;
    return text;
  }

  void writeParts() {
    std::set<Id> locks, threads, edges;
    for (std::size_t i = 0; i < hops_.size(); ++i) {
      if (locks.insert(hops_[i].from).second) finding_.locks.push_back(hops_[i].from);
      if (threads.insert(witness(i).thread).second) finding_.threads.push_back(witness(i).thread);
      if (edges.insert(verdict_.chosen[i].edge).second) finding_.edges.push_back(verdict_.chosen[i].edge);
    }
    for (std::size_t i = 0; i < hops_.size(); ++i) {
      Step step;
      step.thread = witness(i).thread;
      step.action = "acquires";
      step.lock = hops_[i].from;
      step.stack = witness(i).from_stack;
      finding_.steps.push_back(step);
    }
    for (std::size_t i = 0; i < hops_.size(); ++i) {
      Step step;
      step.thread = witness(i).thread;
      step.action = "waits-for";
      step.lock = hops_[i].to;
      step.stack = witness(i).to_stack;
      finding_.steps.push_back(step);
    }
  }

  // Adds a place unless it is there already.
  void addPlace(const Frame& frame, std::string role) {
    if (frame.file.empty() && frame.function.empty()) return;
    if (!places_.insert({frame.file, frame.line, frame.function}).second) return;
    finding_.locations.push_back({frame.file, frame.line, frame.column, frame.function, std::move(role)});
  }

  void addStack(const std::optional<Id>& id, const std::string& role, std::vector<Frame>* primitives) {
    const Stack* stack = id ? byId(report_.stacks, *id) : nullptr;
    if (!stack) return;
    const Acquisition acquisition = acquisitionOf(framesOf(report_, *stack));
    addPlace(acquisition.call, role);
    if (acquisition.primitive && primitives) primitives->push_back(*acquisition.primitive);
  }

  void writePlaces() {
    std::vector<Frame> primitives;
    for (std::size_t i = 0; i < hops_.size(); ++i) {
      const std::string from = quoted(nameOf(report_, hops_[i].from));
      const std::string to = quoted(nameOf(report_, hops_[i].to));
      if (isEnd(hops_[i].from)) {
        addStack(witness(i).to_stack, "asks for " + to + " before it ends", &primitives);
        continue;
      }
      const std::string asks = isEnd(hops_[i].to) ? "waits for the " : "asks for ";
      addStack(witness(i).to_stack, asks + to + " while it holds " + from, &primitives);
      addStack(witness(i).from_stack, "takes " + from, &primitives);
    }
    for (const Frame& frame : primitives) addPlace(frame, "in a wrapper that takes the lock");
    const std::size_t before = finding_.locations.size();
    std::set<Id> edges(finding_.edges.begin(), finding_.edges.end());
    for (std::size_t i = 0; i < hops_.size(); ++i) {
      for (const Choice& choice : hops_[i].choices) {
        if (choice.witness == verdict_.chosen[i].witness) continue;
        if (!feasibility_.fits(hops_, exact_, verdict_, i, choice)) continue;
        if (edges.insert(choice.edge).second) finding_.edges.push_back(choice.edge);
        addStack(choice.witness->to_stack, "also", nullptr);
        addStack(choice.witness->from_stack, "also", nullptr);
      }
    }
    const std::size_t most = before + kMostOtherPlaces;
    if (finding_.locations.size() > most) {
      finding_.more_locations = static_cast<int>(finding_.locations.size() - most);
      finding_.locations.resize(most);
    }
    if (!finding_.locations.empty()) return;
    // No stack is known: where the locks are declared or were born is better than nothing.
    for (const Hop& hop : hops_) {
      const Lock* lock = byId(report_.locks, hop.from);
      if (!lock) continue;
      if (lock->declared)
        if (const Site* site = byId(report_.sites, *lock->declared))
          addPlace(userFrame(framesOf(report_, *site)), "declares " + quoted(lock->name));
      addStack(lock->created, "creates " + quoted(lock->name), nullptr);
    }
  }

  void writeCoffman() {
    Coffman coffman;
    const bool reads = std::any_of(hops_.begin(), hops_.end(), [this](const Hop& hop) {
      return witness(static_cast<std::size_t>(&hop - hops_.data())).to_mode == Mode::Shared;
    });
    coffman.mutual_exclusion = reads ? "writers and readers of these locks exclude one another"
                                     : "each of these locks is held by one thread at a time";
    coffman.hold_and_wait = "each thread holds one of the locks while it asks for the next";
    coffman.no_preemption = verdict_.flaws & (kTry | kTimed)
                                ? "not all of the waits last until the lock is free"
                                : "only its holder can release a lock, and the waits have no time limit";
    std::string circle;
    for (std::size_t i = 0; i < hops_.size() && i < 16; ++i)
      circle += quoted(nameOf(report_, hops_[i].from)) + " → ";
    if (hops_.size() > 16) circle += "… → ";
    coffman.circular_wait = circle + quoted(nameOf(report_, hops_[0].from));
    finding_.coffman = std::move(coffman);
  }

  // The order that is used least is the one to change.
  void writeFix() {
    std::string text;
    const auto end =
        std::find_if(hops_.begin(), hops_.end(), [this](const Hop& hop) { return isEnd(hop.from); });
    if (end != hops_.end()) {
      text = "Release the lock before waiting for the " + quoted(nameOf(report_, end->from)) + ".";
    } else if (oneClass()) {
      text =
          "Take the objects' locks in one order everywhere, for example by address, or all at once with "
          "std::scoped_lock or std::lock.";
    } else if (hops_.size() == 2) {
      const std::uint64_t counts[2] = {count(0), count(1)};
      const std::size_t keep = counts[1] > counts[0] ? 1 : 0;
      const std::string a = quoted(nameOf(report_, hops_[keep].from));
      const std::string b = quoted(nameOf(report_, hops_[keep].to));
      text = "Take " + a + " before " + b + " everywhere";
      if (counts[0] != counts[1]) text += " (the order seen more often)";
      text += ", or both at once with std::scoped_lock or std::lock.";
    } else {
      text =
          "Choose one order for these locks and keep to it everywhere, or release a lock before the next one "
          "is asked for.";
    }
    finding_.fix = Fix{std::move(text), {}};
  }

  std::uint64_t count(std::size_t hop) const {
    const OrderEdge* edge = byId(report_.lock_order, verdict_.chosen[hop].edge);
    return edge ? edge->count : 0;
  }

  const Report& report_;
  Feasibility& feasibility_;
  std::vector<Hop> hops_;
  Verdict verdict_;
  const bool exact_;
  std::set<std::tuple<std::string, int, std::string>> places_;
  Finding finding_;
};

}  // namespace

std::string_view flawName(unsigned flaws) {
  if (flaws & kOneThread) return "one thread";
  if (flaws & kOrdered) return "start or join order";
  if (flaws & kGate) return "gate lock";
  if (flaws & kReaders) return "readers only";
  if (flaws & kTry) return "try-lock";
  if (flaws & kTimed) return "timed wait";
  if (flaws & kOtherObjects) return "different objects";
  return "not certain";
}

Finding cycleFinding(const Report& report, Feasibility& feasibility, const std::vector<Hop>& hops,
                     const Verdict& verdict, bool exact) {
  return CycleWriter(report, feasibility, hops, verdict, exact).write();
}

}  // namespace gridlock::model
