// See record_image.h.
#include "analyzer/observe/record_image.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace gridlock::observe {
namespace {

using record::Index;
using record::Table;

std::uint64_t clockNow(clockid_t clock) {
  struct timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

std::size_t blocksOf(const RecordImage::Thread& thread) {
  return (thread.held.size() + record::kHeldPerBlock - 1) / record::kHeldPerBlock;
}

std::size_t roundUp(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

Index RecordImage::addThread(Thread thread) {
  threads_.push_back(std::move(thread));
  return static_cast<Index>(threads_.size());
}

Index RecordImage::addLock(Lock lock) {
  locks_.push_back(std::move(lock));
  return static_cast<Index>(locks_.size());
}

Index RecordImage::addStack(const std::vector<std::uint64_t>& addresses) {
  Index parent = record::kNone;
  for (auto address = addresses.rbegin(); address != addresses.rend(); ++address) {
    const auto [at, fresh] =
        known_frames_.try_emplace({*address, parent}, static_cast<Index>(frames_.size() + 1));
    if (fresh) frames_.emplace_back(*address, parent);
    parent = at->second;
  }
  return parent;
}

std::span<const std::byte> RecordImage::bytes() {
  std::string text(sizeof(record::TextHeader), '\0');  // offset 0 means none
  const auto addText = [&](const std::string& content) {
    if (content.empty()) return record::kNone;
    const auto at = static_cast<Index>(text.size());
    const auto length_plus_one = static_cast<std::uint32_t>(content.size() + 1);
    text.append(reinterpret_cast<const char*>(&length_plus_one), sizeof length_plus_one);
    text += content;
    text.resize((text.size() + 3) / 4 * 4);
    return at;
  };
  std::string command;
  for (const std::string& argument : process.command) command += argument + '\0';
  const Index executable = addText(process.executable);
  const Index arguments = addText(command);
  std::vector<Index> names;
  for (const Lock& lock : locks_) names.push_back(addText(lock.name));
  std::vector<Index> paths;
  for (const Module& module : modules_) paths.push_back(addText(module.path));
  std::size_t blocks = 0;
  for (const Thread& thread : threads_) blocks += blocksOf(thread);

  constexpr auto kTables = static_cast<std::size_t>(Table::kCount);
  static constexpr std::array<std::size_t, kTables> kSizes{
      sizeof(record::ThreadRow),  sizeof(record::SegmentRow), sizeof(record::LockRow),
      sizeof(record::FrameRow),   sizeof(record::ModuleRow),  1,
      sizeof(record::HeldBlock),  sizeof(record::ChainRow),   sizeof(record::RequestRow),
      sizeof(record::SectionRow), sizeof(record::EventRow)};
  std::array<std::size_t, kTables> rows{};
  rows.fill(1);
  rows[static_cast<std::size_t>(Table::kThreads)] += threads_.size();
  rows[static_cast<std::size_t>(Table::kLocks)] += locks_.size();
  rows[static_cast<std::size_t>(Table::kFrames)] += frames_.size();
  rows[static_cast<std::size_t>(Table::kModules)] += modules_.size();
  rows[static_cast<std::size_t>(Table::kHeld)] += blocks;
  rows[static_cast<std::size_t>(Table::kText)] = text.size();
  std::array<std::size_t, kTables> offsets{};
  std::size_t size = roundUp(sizeof(record::Header));
  for (std::size_t i = 0; i < kTables; ++i) {
    offsets[i] = size;
    size += roundUp(rows[i] * kSizes[i]);
  }
  memory_.assign(size / sizeof(Line), Line{});
  auto* base = reinterpret_cast<std::byte*>(memory_.data());
  const auto table = [&]<typename Row>(Table which, Row*) {
    return reinterpret_cast<Row*>(base + offsets[static_cast<std::size_t>(which)]);
  };

  auto& header = *reinterpret_cast<record::Header*>(base);
  header.magic = record::kMagic;
  header.version = record::kVersion;
  header.header_size = sizeof header;
  header.table_count = kTables;
  header.pid = process.pid;
  header.ppid = process.parent;
  header.process_start = process.start;
  header.started_ns = clockNow(CLOCK_MONOTONIC);
  header.started_realtime_ns = clockNow(CLOCK_REALTIME);
  header.executable = executable;
  header.command_line = arguments;
  header.life = static_cast<std::uint32_t>(record::LifeCycle::kRunning);
  for (std::size_t i = 0; i < kTables; ++i) {
    header.tables[i].offset = offsets[i];
    header.tables[i].row_size = static_cast<std::uint32_t>(kSizes[i]);
    header.tables[i].capacity = static_cast<std::uint32_t>(rows[i]);
    header.tables[i].claimed = static_cast<std::uint32_t>(rows[i]);
  }

  auto* frame_rows = table(Table::kFrames, static_cast<record::FrameRow*>(nullptr));
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    frame_rows[i + 1].pc = frames_[i].first;
    frame_rows[i + 1].parent = frames_[i].second;
  }
  auto* module_rows = table(Table::kModules, static_cast<record::ModuleRow*>(nullptr));
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    record::ModuleRow& row = module_rows[i + 1];
    row.path = paths[i];
    row.begin = modules_[i].begin;
    row.end = modules_[i].end;
    row.load_bias = modules_[i].bias;
    row.state = 1;
  }
  auto* lock_rows = table(Table::kLocks, static_cast<record::LockRow*>(nullptr));
  for (std::size_t i = 0; i < locks_.size(); ++i) {
    record::LockRow& row = lock_rows[i + 1];
    row.kind = locks_[i].kind;
    row.flags = locks_[i].flags;
    row.address = locks_[i].address;
    row.first_stack = locks_[i].first_stack;
    row.name = names[i];
    row.state = static_cast<std::uint32_t>(record::LockState::kLive);
  }
  auto* thread_rows = table(Table::kThreads, static_cast<record::ThreadRow*>(nullptr));
  auto* block_rows = table(Table::kHeld, static_cast<record::HeldBlock*>(nullptr));
  Index next_block = 1;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    const Thread& thread = threads_[i];
    record::ThreadRow& row = thread_rows[i + 1];
    row.tid = thread.tid;
    thread.name.copy(row.name, sizeof row.name - 1);
    row.flags = thread.main ? record::kMainThread : record::kForeignThread;
    if (thread.root != record::kNone) row.start_routine = frames_[thread.root - 1].first - 1;
    row.wait_kind = static_cast<std::uint32_t>(thread.wait_kind);
    row.wait_for = thread.wait_for;
    row.wait_how = thread.how;
    row.wait_stack = thread.stack;
    row.wait_address = thread.address;
    row.wait_serial = thread.wait_kind == record::WaitKind::kNone ? 0 : 1;
    Index older = record::kNone;
    for (std::size_t h = 0; h < thread.held.size(); ++h) {
      if (h % record::kHeldPerBlock == 0) {
        record::HeldBlock& block = block_rows[next_block];
        block.thread = static_cast<Index>(i + 1);
        block.older = older;
        block.state = 1;
        older = next_block++;
      }
      record::HeldEntry& entry = block_rows[older].entries[h % record::kHeldPerBlock];
      entry.lock = thread.held[h].first;
      entry.mode = static_cast<std::uint8_t>(thread.held[h].second);
    }
    row.held_block = older;
    row.held_count = static_cast<std::uint32_t>(thread.held.size());
    row.state = static_cast<std::uint32_t>(record::ThreadState::kRunning);
  }
  std::memcpy(base + offsets[static_cast<std::size_t>(Table::kText)], text.data(), text.size());
  return {base, size};
}

}  // namespace gridlock::observe
