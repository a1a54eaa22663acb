// A flight record made by hand, in memory: threads that hold and wait, without threads.
#pragma once

#include <cstring>
#include <vector>

#include "gridlock/record_view.h"

namespace gridlock::test {

class RecordBuilder {
 public:
  static constexpr std::uint32_t kRows = 1200;

  RecordBuilder() {
    using record::Table;
    const std::uint32_t sizes[] = {
        sizeof(record::ThreadRow),  sizeof(record::SegmentRow), sizeof(record::LockRow),
        sizeof(record::FrameRow),   sizeof(record::ModuleRow),  1,
        sizeof(record::HeldBlock),  sizeof(record::ChainRow),   sizeof(record::RequestRow),
        sizeof(record::SectionRow), sizeof(record::EventRow)};
    std::uint64_t offset = (sizeof(record::Header) + 63) / 64 * 64;
    std::vector<std::uint64_t> offsets;
    for (const std::uint32_t size : sizes) {
      offsets.push_back(offset);
      offset = (offset + std::uint64_t{size} * kRows + 63) / 64 * 64;
    }
    size_ = offset;
    memory_.resize(size_ / 64 + 1);
    record::Header& head = header();
    head.magic = record::kMagic;
    head.version = record::kVersion;
    head.header_size = sizeof(record::Header);
    head.table_count = static_cast<std::uint32_t>(Table::kCount);
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      head.tables[i].offset = offsets[i];
      head.tables[i].row_size = sizes[i];
      head.tables[i].capacity = kRows;
      head.tables[i].claimed = 1;
    }
  }

  record::Header& header() { return *reinterpret_cast<record::Header*>(memory_.data()); }
  std::uint64_t size() const { return size_; }
  const void* data() const { return memory_.data(); }

  record::RecordView view() {
    record::RecordView out;
    record::RecordView::open(memory_.data(), size_, out);
    return out;
  }

  record::Index thread(record::ThreadState state = record::ThreadState::kRunning) {
    const record::Index index = header().tables[0].claimed++;
    threadRow(index).state = static_cast<std::uint32_t>(state);
    return index;
  }
  record::Index lock(record::LockKind kind = record::LockKind::kMutex, std::uint16_t flags = 0) {
    const record::Index index = header().tables[static_cast<int>(record::Table::kLocks)].claimed++;
    record::LockRow& row = lockRow(index);
    row.kind = kind;
    row.flags = flags;
    row.address = 0x10000 + std::uint64_t{index} * 64;
    row.state = 1;
    return index;
  }

  void hold(record::Index thread, record::Index lock, record::Mode mode = record::Mode::kExclusive) {
    record::ThreadRow& row = threadRow(thread);
    const std::uint32_t position = row.held_count % record::kHeldPerBlock;
    if (position == 0) {
      const record::Index block = header().tables[static_cast<int>(record::Table::kHeld)].claimed++;
      blockRow(block).older = row.held_block;
      blockRow(block).thread = thread;
      blockRow(block).state = 1;
      row.held_block = block;
    }
    record::HeldEntry& entry = blockRow(row.held_block).entries[position];
    entry.mode = static_cast<std::uint8_t>(mode);
    entry.lock = lock;
    ++row.held_count;
  }

  // What the thread asks for, with no wait published.
  void ask(record::Index thread, record::Index lock, record::Mode mode = record::Mode::kExclusive,
           record::Index stack = record::kNone) {
    record::ThreadRow& row = threadRow(thread);
    if (row.held_count != 0 && row.held_count % record::kHeldPerBlock == 0) {
      row.asks_for = lock;
      row.asks_how = static_cast<std::uint32_t>(mode);
      row.wait_stack = stack;
      return;
    }
    hold(thread, lock, mode);
    --row.held_count;
    blockRow(row.held_block).entries[row.held_count % record::kHeldPerBlock].stack = stack;
  }

  void wait(record::Index thread, record::WaitKind kind, record::Index target,
            record::Mode mode = record::Mode::kExclusive,
            record::RequestKind request = record::RequestKind::kBlocking) {
    record::ThreadRow& row = threadRow(thread);
    row.wait_kind = static_cast<std::uint32_t>(kind);
    row.wait_for = target;
    row.wait_how = static_cast<std::uint32_t>(mode) | static_cast<std::uint32_t>(request) << 8;
    row.wait_serial = 7;
  }

  record::ThreadRow& threadRow(record::Index i) { return *at<record::ThreadRow>(record::Table::kThreads, i); }
  record::LockRow& lockRow(record::Index i) { return *at<record::LockRow>(record::Table::kLocks, i); }
  record::HeldBlock& blockRow(record::Index i) { return *at<record::HeldBlock>(record::Table::kHeld, i); }

 private:
  template <typename Row>
  Row* at(record::Table table, record::Index index) {
    return reinterpret_cast<Row*>(reinterpret_cast<char*>(memory_.data()) +
                                  header().tables[static_cast<int>(table)].offset) +
           index;
  }

  struct alignas(64) Line {
    char bytes[64] = {};
  };
  std::vector<Line> memory_;
  std::uint64_t size_ = 0;
};

}  // namespace gridlock::test
