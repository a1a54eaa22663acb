// See threads.h.
#include "analyzer/observe/threads.h"

#include <algorithm>
#include <cstring>

namespace gridlock::observe {

using record::Index;

namespace {

// Held stacks and chains are as deep as the program nests locks; a cycle ends here, too.
constexpr std::size_t kDeepestChain = 4096;

std::string nameOf(const record::ThreadRow& row) {
  const std::size_t length = strnlen(row.name, sizeof row.name);
  std::string out;
  for (std::size_t i = 0; i < length; ++i) {
    const auto c = static_cast<unsigned char>(row.name[i]);
    out += c < 0x20 || c == 0x7f ? '?' : static_cast<char>(c);
  }
  return out;
}

}  // namespace

model::Mode modeOf(std::uint8_t mode) {
  return mode == static_cast<std::uint8_t>(record::Mode::kShared) ? model::Mode::Shared
                                                                  : model::Mode::Exclusive;
}

model::RequestKind requestOf(std::uint8_t request) {
  switch (static_cast<record::RequestKind>(request)) {
    case record::RequestKind::kTry:
      return model::RequestKind::Try;
    case record::RequestKind::kTimed:
      return model::RequestKind::Timed;
    default:
      return model::RequestKind::Blocking;
  }
}

std::vector<Held> heldNow(const RecordFile& file, Index thread) {
  std::vector<Held> out;
  const record::ThreadRow* row = file.valid<record::ThreadRow>(thread);
  if (!row) return out;
  std::vector<const record::HeldBlock*> blocks;
  for (Index at = row->held_block.load(); blocks.size() < kDeepestChain / record::kHeldPerBlock;) {
    const record::HeldBlock* block = file.valid<record::HeldBlock>(at);
    if (!block) break;
    blocks.push_back(block);
    at = block->older;
  }
  std::ranges::reverse(blocks);
  const std::size_t count =
      std::min<std::size_t>(row->held_count.load(), blocks.size() * record::kHeldPerBlock);
  for (std::size_t i = 0; i < count; ++i) {
    const record::HeldEntry& entry = blocks[i / record::kHeldPerBlock]->entries[i % record::kHeldPerBlock];
    Held held;
    held.lock = entry.lock.load();
    if (held.lock == record::kNone) continue;
    held.mode = modeOf(entry.mode);
    held.site = entry.site;
    held.stack = entry.stack;
    if (held.stack == record::kNone) {
      const record::ChainRow* chain = file.valid<record::ChainRow>(entry.chain);
      if (chain && chain->lock == held.lock) held.stack = chain->stack;
    }
    out.push_back(held);
  }
  return out;
}

Threads::Threads(const RecordFile& file, StackReader& stacks, model::Report& report, model::Id run)
    : file_(file), stacks_(stacks) {
  constexpr std::size_t kStacksPerThread = 4;
  const auto remember = [&](Index thread, Index stack) {
    if (stack == record::kNone) return;
    auto& list = seen_stacks_[thread];
    if (list.size() < kStacksPerThread) list.push_back(stack);
  };
  for (Index i = 1; i < file.count<record::RequestRow>(); ++i) {
    if (const auto* row = file.valid<record::RequestRow>(i)) remember(row->thread, row->stack);
  }
  for (Index i = 1; i < file.count<record::SectionRow>(); ++i) {
    if (const auto* row = file.valid<record::SectionRow>(i)) remember(row->thread, row->stack);
  }
  for (Index i = 1; i < file.count<record::EventRow>(); ++i) {
    if (const auto* row = file.valid<record::EventRow>(i)) remember(row->thread, row->stack);
  }

  std::string process_name;
  for (Index i = 1; i < file.count<record::ThreadRow>(); ++i) {
    const record::ThreadRow* row = file.valid<record::ThreadRow>(i);
    if (row && (row->flags & record::kMainThread)) process_name = nameOf(*row);
  }
  for (Index i = 1; i < file.count<record::ThreadRow>(); ++i) {
    const record::ThreadRow* row = file.valid<record::ThreadRow>(i);
    if (!row) continue;
    model::Thread thread;
    thread.id = static_cast<model::Id>(report.threads.size());
    thread.run = run;
    if (row->wait_stack.load() != record::kNone) remember(i, row->wait_stack.load());
    thread.root = rootOf(i);
    const std::string given = nameOf(*row);
    if (row->flags & record::kMainThread) {
      thread.name = "main";
    } else if (!given.empty() && given != process_name) {
      thread.name = given;
    } else {
      thread.name = thread.root;
    }
    thread.created = stacks.stack(row->create_stack);
    model::ThreadTime time;
    time.cpu_ns = row->cpu_ns.load();
    time.lock_wait_ns = row->lock_wait_ns.load();
    time.blocked_ns = row->blocked_ns.load();
    thread.time = time;
    ids_[i] = thread.id;
    names_[i] = thread.name;
    report.threads.push_back(std::move(thread));
  }
}

// A thread function of the user's; for std::thread and its like the outermost function of the user's
// in some stack of that thread.
std::string Threads::rootOf(Index thread) {
  const record::ThreadRow* row = file_.row<record::ThreadRow>(thread);
  if (!row) return {};
  if (row->start_routine != 0) {
    const Place start = stacks_.placeOf(row->start_routine + 1);
    if (start.user && !start.code.function.empty()) return start.code.function;
  }
  for (const Index stack : seen_stacks_[thread]) {
    const std::vector<Place>& places = stacks_.places(stack);
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
      if (place->user && !place->code.function.empty()) return place->code.function;
    }
  }
  return (row->flags & record::kMainThread) ? "main" : "";
}

std::optional<model::Id> Threads::id(Index thread) const {
  const auto found = ids_.find(thread);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::string Threads::name(Index thread) const {
  const auto found = names_.find(thread);
  if (found == names_.end()) return "a thread";
  return found->second.empty() ? "thread " + std::to_string(ids_.at(thread)) : found->second;
}

std::string Threads::label(Index thread) const {
  const auto found = names_.find(thread);
  if (found == names_.end()) return "a thread";
  const record::ThreadRow* row = file_.row<record::ThreadRow>(thread);
  if (row && (row->flags & record::kMainThread)) return "the main thread";
  // The number is the report's own, so that text and lists speak of the same thread.
  std::string out = "thread " + std::to_string(ids_.at(thread));
  if (!found->second.empty()) out += " (" + found->second + ")";
  return out;
}

std::vector<Held> Threads::heldIn(Index chain) const {
  std::vector<Held> out;
  while (out.size() < kDeepestChain) {
    const record::ChainRow* row = file_.valid<record::ChainRow>(chain);
    if (!row) break;
    if (row->lock != record::kNone) out.push_back({row->lock, modeOf(row->mode), row->stack, 0});
    chain = row->parent;
  }
  std::ranges::reverse(out);
  return out;
}

const std::vector<Threads::Holder>& Threads::holders(Index lock) const {
  if (!holders_read_) {
    holders_read_ = true;
    for (Index i = 1; i < file_.count<record::ThreadRow>(); ++i) {
      for (const Held& held : heldBy(i)) holders_[held.lock].push_back({i, held});
    }
  }
  return holders_[lock];
}

}  // namespace gridlock::observe
