// Reads model files.
#include "analyzer/link/models.h"

#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>

namespace gridlock::link {

extern const char* const kBuiltinModels[];  // text, nullptr-terminated;
                                            // generated from models/*.models

namespace {

const std::unordered_map<std::string_view, Op>& ops() {
  static const std::unordered_map<std::string_view, Op> table{
      {"nothing", Op::Nothing},
      {"lock", Op::Lock},
      {"try", Op::Try},
      {"holds", Op::Holds},
      {"unlock", Op::Unlock},
      {"init", Op::LockInit},
      {"destroy", Op::LockDestroy},
      {"lock-many", Op::LockMany},
      {"try-many", Op::TryMany},
      {"guard", Op::GuardOpen},
      {"guard-close", Op::GuardClose},
      {"guard-lock", Op::GuardLock},
      {"guard-try", Op::GuardTry},
      {"guard-unlock", Op::GuardUnlock},
      {"guard-release", Op::GuardRelease},
      {"guard-owns", Op::GuardOwns},
      {"guard-mutex", Op::GuardMutex},
      {"guard-move", Op::GuardMove},
      {"guard-swap", Op::GuardSwap},
      {"wait", Op::Wait},
      {"wait-guard", Op::WaitGuard},
      {"notify", Op::Notify},
      {"start", Op::Start},
      {"start-call", Op::StartCall},
      {"start-async", Op::StartAsync},
      {"join", Op::Join},
      {"join-object", Op::JoinObject},
      {"join-if-started", Op::JoinIfStarted},
      {"joinable", Op::Joinable},
      {"detach", Op::Detach},
      {"detach-object", Op::DetachObject},
      {"thread-exit", Op::ThreadExit},
      {"invoke", Op::Invoke},
      {"once", Op::Once},
      {"callable-set", Op::CallableSet},
      {"callable-call", Op::CallableCall},
      {"alloc", Op::Alloc},
      {"realloc", Op::Realloc},
      {"free", Op::Free},
      {"make-object", Op::MakeObject},
      {"pointer-set", Op::PointerSet},
      {"pointer-copy", Op::PointerCopy},
      {"pointer-get", Op::PointerGet},
      {"pointer-free", Op::PointerFree},
      {"swap", Op::Swap},
      {"less", Op::Less},
      {"assign", Op::Assign},
      {"copy", Op::Copy},
      {"read", Op::ReadArg},
      {"write", Op::WriteArg},
      {"element", Op::Element},
      {"iterator", Op::Iterator},
      {"insert", Op::Insert},
      {"returns", Op::ReturnArg},
      {"noreturn", Op::NoReturn},
      {"wrap", Op::Wrap},
      {"bind", Op::Bind},
      {"signal", Op::Signal},
      {"await", Op::Await},
      {"barrier", Op::Barrier},
      {"sem-init", Op::SemaphoreInit},
      {"latch-init", Op::LatchInit},
      {"sem-wait", Op::SemaphoreWait},
      {"sem-try", Op::SemaphoreTry},
      {"sem-post", Op::SemaphorePost},
      {"blocks", Op::Block},
      {"handler", Op::HandlerSet},
      {"handler-in", Op::HandlerIn},
      {"mutex-attribute", Op::MutexAttribute},
      {"store", Op::Store},
      {"escapes", Op::Escape},
      {"read-rest", Op::ReadRest},
      {"write-rest", Op::WriteRest},
      {"yields", Op::Yields},
      {"static-state", Op::StaticState},
      {"section-begin", Op::SectionBegin},
      {"section-end", Op::SectionEnd},
      {"section", Op::Section},
      {"assume", Op::Assume},
  };
  return table;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (true) {
    std::size_t at = text.find(separator);
    std::string_view part = trim(text.substr(0, at));
    if (!part.empty()) out.push_back(part);
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Empty on success, else what is wrong.
std::string parseEffect(std::string_view text, Effect& effect) {
  std::vector<std::string_view> words = split(text, ' ');
  auto op = ops().find(words[0]);
  if (op == ops().end()) return "unknown effect '" + std::string(words[0]) + "'";
  effect.op = op->second;
  int position = 0;
  for (std::size_t i = 1; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (auto n = number(word)) {
      if (*n < -1 || *n > 100) return "argument position out of range: '" + std::string(word) + "'";
      (position == 0 ? effect.a : position == 1 ? effect.b : effect.c) = static_cast<std::int8_t>(*n);
      ++position;
    } else if (word == "shared") {
      effect.shared = true;
    } else if (word == "timed") {
      effect.timed = true;
    } else if (word == "ok=true") {
      effect.has_ok = effect.ok_true = true;
    } else if (word.starts_with("ok=")) {
      auto ok = number(word.substr(3));
      if (!ok) return "a number was expected after 'ok='";
      effect.has_ok = true;
      effect.ok = *ok;
    } else if (word == "rwlock" || word == "spin" || word == "recursive" || word == "semaphore" ||
               word == "mutex" || word == "file" || word == "custom") {
      effect.has_kind = true;
      effect.kind = word == "rwlock"      ? model::LockKind::Rwlock
                    : word == "spin"      ? model::LockKind::Spinlock
                    : word == "recursive" ? model::LockKind::RecursiveMutex
                    : word == "semaphore" ? model::LockKind::Semaphore
                    : word == "file"      ? model::LockKind::File
                    : word == "custom"    ? model::LockKind::Custom
                                          : model::LockKind::Mutex;
    } else if (effect.op == Op::Block) {
      effect.note += (effect.note.empty() ? "" : " ") + std::string(word);
    } else {
      return "unknown flag '" + std::string(word) + "'";
    }
  }
  return {};
}

}  // namespace

Result<Models> Models::load(const std::vector<std::string>& user_files) {
  Models models;
  for (const char* const* text = kBuiltinModels; *text; ++text) {
    if (Status status = models.parse(*text, "built-in models"); !status) return status.error();
  }
  for (const std::string& file : user_files) {
    std::ifstream in(file);
    if (!in) return Error{"cannot read the model file", file};
    std::stringstream text;
    text << in.rdbuf();
    if (Status status = models.parse(text.str(), file); !status) return status.error();
  }
  return models;
}

Status Models::parse(std::string_view text, const std::string& file) {
  int line_number = 0;
  std::string joined;
  int first_line = 0;
  std::unordered_map<std::string, bool> seen_here;
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_number;
    if (std::size_t hash = line.find('#'); hash != std::string_view::npos) line = line.substr(0, hash);
    line = trim(line);
    if (joined.empty()) first_line = line_number;
    if (line.ends_with('\\')) {
      joined += std::string(line.substr(0, line.size() - 1)) + " ";
      continue;
    }
    joined += line;
    std::string whole = std::move(joined);
    joined.clear();
    if (trim(whole).empty()) continue;
    std::string place = "line " + std::to_string(first_line);
    // The first single colon divides; "::" belongs to a name.
    std::size_t colon = std::string::npos;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      if (whole[i] != ':') continue;
      if (i + 1 < whole.size() && whole[i + 1] == ':') {
        ++i;
        continue;
      }
      colon = i;
      break;
    }
    if (colon == std::string::npos)
      return Error{"'name : effects' was expected, no single ':' found", file, place};
    std::string_view left = trim(std::string_view(whole).substr(0, colon));
    std::string_view right = trim(std::string_view(whole).substr(colon + 1));
    if (left == "container" || left == "iterator" || left == "pointer" || left == "callable") {
      for (std::string_view name : split(right, ' ')) sets_[std::string(left)][std::string(name)] = true;
      continue;
    }
    Model model;
    for (std::string_view part : split(right, ';')) {
      Effect effect;
      if (std::string problem = parseEffect(part, effect); !problem.empty())
        return Error{problem, file, place};
      model.push_back(std::move(effect));
    }
    for (std::string_view name : split(left, ',')) {
      if (name.ends_with('*'))
        prefixes_.insert(prefixes_.begin(), {std::string(name.substr(0, name.size() - 1)), model});
      else
        models_[std::string(name)] = model;
    }
  }
  return ok();
}

const Model* Models::find(std::string_view qualified) const {
  auto it = models_.find(std::string(qualified));
  if (it != models_.end()) return &it->second;
  for (const auto& [prefix, model] : prefixes_) {
    if (qualified.starts_with(prefix)) return &model;
  }
  return nullptr;
}

bool Models::inSet(std::string_view set, std::string_view record) const {
  auto it = sets_.find(std::string(set));
  return it != sets_.end() && it->second.count(std::string(record));
}

}  // namespace gridlock::link
