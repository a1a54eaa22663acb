// See lock_classes.h.
#include "analyzer/observe/lock_classes.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "analyzer/observe/lock_expression.h"

namespace gridlock::observe {
namespace {

using record::Index;

constexpr int kLinesOfACall = 3;      // a call may go on for some lines
constexpr std::size_t kWrappers = 8;  // wrappers around wrappers that are looked through
constexpr std::size_t kStacksPerLock = 6;

std::string lastPart(const std::string& qualified) {
  const std::size_t at = qualified.rfind("::");
  return at == std::string::npos ? qualified : qualified.substr(at + 2);
}

std::string classOf(const std::string& function) {
  const std::size_t at = function.rfind("::");
  if (at == std::string::npos || function.find("{lambda}") != std::string::npos) return {};
  return function.substr(0, at);
}

std::string withoutArguments(std::string text) {
  const std::size_t at = text.find('<');
  if (at != std::string::npos && at > 0) text.erase(at);
  return text;
}

// Functions that exist to take a lock, by their name: what they are called on or with is the lock.
bool soundsLikeLocking(const std::string& function) {
  std::string name = lastPart(withoutArguments(function));
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static constexpr std::array kWords{"lock", "acquire", "enter", "guard", "mutex", "wait", "down", "init"};
  return std::ranges::any_of(kWords, [&](const char* word) { return name.find(word) != std::string::npos; });
}

bool isConstructor(const std::string& function) {
  const std::string owner = classOf(function);
  return !owner.empty() && withoutArguments(lastPart(owner)) == lastPart(function);
}

bool isPlainPath(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) ||
           std::string_view("_.->&*[]():").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool isIdentifier(const std::string& text) {
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

// flock, fcntl and lockf, not the lock of a FILE.
bool isOnFile(const record::LockRow& row) {
  return row.kind == record::LockKind::kFile && (row.flags & record::kProcessShared) != 0;
}

std::string_view wordFor(record::LockKind kind) {
  switch (kind) {
    case record::LockKind::kRwlock:
    case record::LockKind::kRwlockPrefersWriters:
      return "rwlock";
    case record::LockKind::kSpinlock:
      return "spin lock";
    case record::LockKind::kSemaphore:
      return "semaphore";
    case record::LockKind::kCondition:
      return "condition";
    case record::LockKind::kBarrier:
      return "barrier";
    case record::LockKind::kOnce:
      return "once";
    case record::LockKind::kStaticGuard:
      return "static initialiser";
    case record::LockKind::kFile:
      return "file lock";
    case record::LockKind::kPipe:
      return "pipe";
    case record::LockKind::kThread:
      return "thread";
    case record::LockKind::kLoader:
      return "loader lock";
    case record::LockKind::kGil:
      return "interpreter lock";
    case record::LockKind::kFutex:
      return "futex";
    case record::LockKind::kUnknown:
    case record::LockKind::kCustom:
      return "lock";
    default:
      return "mutex";
  }
}

}  // namespace

model::LockKind kindOf(record::LockKind kind) {
  using K = record::LockKind;
  using M = model::LockKind;
  switch (kind) {
    case K::kRecursiveMutex:
      return M::RecursiveMutex;
    case K::kRwlock:
    case K::kRwlockPrefersWriters:
      return M::Rwlock;
    case K::kSpinlock:
      return M::Spinlock;
    case K::kSemaphore:
      return M::Semaphore;
    case K::kCondition:
      return M::Condition;
    case K::kBarrier:
      return M::Barrier;
    case K::kOnce:
      return M::Once;
    case K::kStaticGuard:
      return M::StaticGuard;
    case K::kFile:
      return M::File;
    case K::kPipe:
      return M::Pipe;
    case K::kThread:
      return M::Thread;
    case K::kLoader:
      return M::Loader;
    case K::kGil:
      return M::Gil;
    case K::kMutex:
    case K::kErrorCheckMutex:
    case K::kAdaptiveMutex:
      return M::Mutex;
    default:
      return M::Custom;
  }
}

model::Id ClassTable::find(const std::string& key, const model::Lock& lock) {
  const auto [at, fresh] = ids_.try_emplace(key, static_cast<model::Id>(report_.locks.size()));
  if (fresh) {
    report_.locks.push_back(lock);
    report_.locks.back().id = at->second;
    report_.locks.back().instances = 0;
  }
  return at->second;
}

LockClasses::LockClasses(const RecordFile& file, StackReader& stacks, SiteTable& sites, ClassTable& classes)
    : file_(file), stacks_(stacks), sites_(sites), classes_(classes) {}

std::optional<model::Id> LockClasses::of(Index lock) {
  const record::LockRow* row = file_.valid<record::LockRow>(lock);
  if (!row || row->kind == record::LockKind::kThread) return std::nullopt;
  const auto found = ids_.find(lock);
  if (found != ids_.end()) return found->second;
  const model::Id id = classify(lock, *row);
  ids_.emplace(lock, id);
  return id;
}

std::string LockClasses::quoted(Index lock) {
  const auto id = of(lock);
  return id ? "`" + classes_.at(*id).name + "`" : "an unknown lock";
}

std::string LockClasses::kindWord(Index lock) const {
  const record::LockRow* row = file_.valid<record::LockRow>(lock);
  return row ? std::string(wordFor(row->kind)) : "lock";
}

model::Id LockClasses::ofThread(const std::string& thread_name) {
  model::Lock lock;
  lock.name = "end of " + thread_name;
  lock.kind = model::LockKind::Thread;
  const model::Id id = classes_.find("thread|" + lock.name, lock);
  classes_.at(id).instances = 1;
  return id;
}

model::Id LockClasses::ofThreadsCalled(const std::string& name) {
  model::Lock lock;
  lock.name = "end of " + name;
  lock.kind = model::LockKind::Thread;
  const model::Id id = classes_.find("threads|" + name, lock);
  ++classes_.at(id).instances;
  return id;
}

std::optional<LockClasses::Global> LockClasses::globalName(std::uint64_t address) {
  const auto where = stacks_.inModule(address);
  if (!where) return std::nullopt;
  const auto data = sites_.symbolizer().data(where->first, where->second);
  if (!data) return std::nullopt;
  return Global{where->first + "|" + data->name, data->name, data->file, data->line, data->single};
}

const std::vector<Index>& LockClasses::otherStacks(Index lock) {
  if (!others_collected_) {
    others_collected_ = true;
    const auto add = [&](Index of, Index stack) {
      if (of == record::kNone || stack == record::kNone) return;
      auto& list = others_[of];
      if (list.size() < kStacksPerLock && std::ranges::find(list, stack) == list.end()) list.push_back(stack);
    };
    for (Index i = 1; i < file_.count<record::ChainRow>(); ++i) {
      if (const auto* row = file_.valid<record::ChainRow>(i)) add(row->lock, row->stack);
    }
    for (Index i = 1; i < file_.count<record::RequestRow>(); ++i) {
      if (const auto* row = file_.valid<record::RequestRow>(i)) add(row->lock, row->stack);
    }
    for (Index i = 1; i < file_.count<record::SectionRow>(); ++i) {
      if (const auto* row = file_.valid<record::SectionRow>(i)) add(row->lock, row->stack);
    }
    for (Index i = 1; i < file_.count<record::EventRow>(); ++i) {
      if (const auto* row = file_.valid<record::EventRow>(i)) add(row->lock, row->stack);
    }
  }
  return others_[lock];
}

// Walks from the user's innermost frame outwards while the frames are wrappers around the lock.
std::optional<LockClasses::Name> LockClasses::nameFrom(const std::vector<Place>& places, bool condition) {
  if (places.empty()) return std::nullopt;
  Symbolizer& symbolizer = sites_.symbolizer();
  std::optional<Name> best;
  std::string callee;  // the wrapper that the frame before was in
  int parameter = -1;  // what of it named the lock; -1: the object it was called on
  bool inner_is_private = false;
  const std::size_t first = stacks_.userLevel(places);
  for (std::size_t i = first; i < places.size() && i < first + kWrappers; ++i) {
    const Place& place = places[i];
    if (place.code.path.empty()) break;
    if (!place.user) continue;
    // A constructor comes twice: for the object, and for it as a base.
    if (i > first && place.code.function == places[i - 1].code.function && place.level > 0 &&
        isConstructor(place.code.function)) {
      continue;
    }
    const std::string line =
        symbolizer.sourceLines(place.code.path, place.code.line, place.code.line + kLinesOfACall - 1);
    std::vector<std::string> expressions;
    if (i == first) {
      expressions = lockedExpressions(line, place.code.column, condition);
    } else if (std::string passed = passedExpression(line, callee, parameter, place.code.column);
               !passed.empty()) {
      expressions.push_back(std::move(passed));
    }
    if (expressions.empty()) break;

    std::optional<ExpressionName> meaning;
    std::string name;
    bool same = true;
    for (const std::string& expression : expressions) {
      auto found = symbolizer.expression(place.module, place.address, place.level, expression);
      // A deferred guard: what it guards stands where it was declared.
      if (found && found->kind == ExpressionName::Kind::Local &&
          (found->type.rfind("unique_lock", 0) == 0 || found->type.rfind("shared_lock", 0) == 0)) {
        const std::string guarded = passedExpression(
            symbolizer.sourceLines(found->path, found->line, found->line + kLinesOfACall - 1),
            lastPart(found->name), 0, 0);
        found = guarded.empty() ? std::nullopt
                                : symbolizer.expression(place.module, place.address, place.level, guarded);
      }
      if (!found) {
        // Debug information does not say: take it as it is written.
        std::string text = expression;
        while (!text.empty() && (text[0] == '&' || text[0] == '*')) text.erase(0, 1);
        if (text.rfind("this->", 0) == 0) text.erase(0, 6);
        const std::string owner = classOf(place.code.function);
        if (!isPlainPath(text)) {
          same = false;
          continue;
        }
        found.emplace();
        found->kind = ExpressionName::Kind::Member;
        found->name =
            isIdentifier(text) ? (owner.empty() ? place.code.function + "()" : owner) + "::" + text : text;
      }
      // What a lambda captured belongs to the function around it.
      const std::size_t lambda = place.code.function.find("::{lambda}");
      const bool captured = found->kind == ExpressionName::Kind::Local || found->name.starts_with("::");
      if (lambda != std::string::npos && captured) {
        found->kind = ExpressionName::Kind::Local;
        found->name = place.code.function.substr(0, lambda) + "()::" + lastPart(found->name);
      }
      constexpr std::string_view kUnnamedCall = "()::operator()()::";  // a lambda without a mangled name
      if (const std::size_t call = found->name.find(kUnnamedCall); call != std::string::npos) {
        found->name.replace(call, kUnnamedCall.size(), "()::");
      }
      if (!name.empty() && found->name != name) same = false;
      name = found->name;
      meaning = std::move(found);
    }
    if (!meaning || !same || meaning->name.empty()) break;

    // What a wrapper was given says more than the name it has inside; but a thin class is only taken
    // for a wrapper when its own method takes the lock.
    const bool member = meaning->kind == ExpressionName::Kind::Member;
    const bool global = meaning->kind == ExpressionName::Kind::Global;
    if (!best || member || global || inner_is_private) {
      best = Name{meaning->name, meaning->file, meaning->line};
    }
    const bool passes = meaning->kind == ExpressionName::Kind::Parameter;
    const bool wraps = member && meaning->thin_owner && soundsLikeLocking(place.code.function) &&
                       (meaning->from_this || meaning->parameter >= 0);
    if (!passes && !wraps) break;
    inner_is_private = passes || meaning->from_this;
    callee = withoutArguments(lastPart(place.code.function));
    parameter = meaning->parameter;
    if (meaning->from_this) parameter = isConstructor(place.code.function) ? 0 : -1;
  }
  return best;
}

const std::optional<LockClasses::Name>& LockClasses::expressionName(Index stack, bool condition) {
  const auto found = names_.find({stack, condition});
  if (found != names_.end()) return found->second;
  return names_.emplace(std::pair{stack, condition}, nameFrom(stacks_.places(stack), condition))
      .first->second;
}

model::Id LockClasses::classify(Index index, const record::LockRow& row) {
  model::Lock lock;
  lock.kind = kindOf(row.kind);
  lock.process_shared = (row.flags & record::kProcessShared) != 0;
  lock.prefers_writers = row.kind == record::LockKind::kRwlockPrefersWriters;
  const Index made = row.born_stack != record::kNone ? row.born_stack : row.first_stack;
  lock.created = stacks_.stack(made);

  std::string key;
  if (const std::string_view given = file_.text(row.name); !given.empty()) {
    lock.name = std::string(given.substr(0, 200));
    if (isOnFile(row)) {
      // One file is one lock in all processes.
      if ((row.detail.load() & record::kRecordLock) != 0) lock.name += " (record lock)";
      lock.global = true;
    }
    key = "name|" + lock.name;
  } else if (auto global = globalName(row.address)) {
    lock.name = global->name;
    lock.global = global->single;
    key = "global|" + global->key;
    if (!global->file.empty()) lock.declared = sites_.declaration(global->file, global->line);
  } else {
    const bool condition = row.kind == record::LockKind::kCondition;
    const std::optional<Name>* name = &expressionName(row.first_stack, condition);
    if (!*name) name = &expressionName(row.born_stack, condition);
    if (!*name) {
      for (const Index stack : otherStacks(index)) {
        name = &expressionName(stack, condition);
        if (*name) break;
      }
    }
    if (*name) {
      lock.name = (*name)->text;
      key = "expression|" + lock.name + "|" + (*name)->declared_file + ":" +
            std::to_string((*name)->declared_line);
      if (!(*name)->declared_file.empty()) {
        lock.declared = sites_.declaration((*name)->declared_file, (*name)->declared_line);
      }
    } else {
      Place place = stacks_.userPlace(row.first_stack);
      const bool taken = row.kind != record::LockKind::kFutex && row.kind != record::LockKind::kCondition &&
                         row.kind != record::LockKind::kBarrier;
      std::string what = taken ? " first taken at " : " first used at ";
      if (!place.known()) place = stacks_.placeOf(row.first_site);
      if (!place.known() && row.born_stack != record::kNone) {
        place = stacks_.userPlace(row.born_stack);
        what = " initialised at ";
      }
      for (const Index stack : otherStacks(index)) {
        if (place.known()) break;
        place = stacks_.userPlace(stack);
        what = " used at ";
      }
      if (!place.known()) what = " that was never taken, at ";
      lock.name = std::string(wordFor(row.kind)) + what + place.where();
      if (place.code.file.empty() && !place.code.function.empty())
        lock.name += " (" + place.code.function + ")";
      key = "place|" + lock.name + "|" + place.key();
    }
  }
  key += "|" + std::to_string(static_cast<int>(lock.kind));
  const model::Id id = classes_.find(key, lock);
  model::Lock& known = classes_.at(id);
  known.instances = known.global ? 1 : known.instances + 1;
  if (!known.created) known.created = lock.created;
  return id;
}

}  // namespace gridlock::observe
