// Reading a flight record that somebody else may be writing, or may have damaged.
//
// A RecordView checks the header once and then hands out rows by index: every accessor answers
// nullptr for an index outside of its table, whatever the file says. It copies nothing and allocates
// nothing, and is freestanding, so that the shim (over its own record), the launcher (over a mapped
// one) and the analyzer share it. It does not interpret rows; see wait_graph.h for that.
//
// Fields of rows may change under the reader: load each one once and check what was loaded.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gridlock/record.h"

namespace gridlock::record {

template <Table kTable>
struct RowOf;
template <>
struct RowOf<Table::kThreads> {
  using Type = ThreadRow;
};
template <>
struct RowOf<Table::kSegments> {
  using Type = SegmentRow;
};
template <>
struct RowOf<Table::kLocks> {
  using Type = LockRow;
};
template <>
struct RowOf<Table::kFrames> {
  using Type = FrameRow;
};
template <>
struct RowOf<Table::kModules> {
  using Type = ModuleRow;
};
template <>
struct RowOf<Table::kHeld> {
  using Type = HeldBlock;
};
template <>
struct RowOf<Table::kChains> {
  using Type = ChainRow;
};
template <>
struct RowOf<Table::kRequests> {
  using Type = RequestRow;
};
template <>
struct RowOf<Table::kSections> {
  using Type = SectionRow;
};
template <>
struct RowOf<Table::kEvents> {
  using Type = EventRow;
};

// What keeps a file from being read as a record.
enum class ViewError { kOk, kTooShort, kNotARecord, kOtherVersion, kBadTable };

class RecordView {
 public:
  RecordView() = default;

  // `base` must be 64-byte aligned and stay mapped, `size` bytes long.
  static ViewError open(const void* base, std::uint64_t size, RecordView& out) {
    if (size < sizeof(Header)) return ViewError::kTooShort;
    const auto* header = static_cast<const Header*>(base);
    if (header->magic != kMagic) return ViewError::kNotARecord;
    if (header->version != kVersion || header->header_size != sizeof(Header) ||
        header->table_count != static_cast<std::uint32_t>(Table::kCount)) {
      return ViewError::kOtherVersion;
    }
    static constexpr std::uint32_t kRowSizes[] = {
        sizeof(ThreadRow), sizeof(SegmentRow), sizeof(LockRow),    sizeof(FrameRow),   sizeof(ModuleRow), 1,
        sizeof(HeldBlock), sizeof(ChainRow),   sizeof(RequestRow), sizeof(SectionRow), sizeof(EventRow)};
    static_assert(sizeof(kRowSizes) / sizeof(kRowSizes[0]) == static_cast<std::size_t>(Table::kCount));
    RecordView view;
    view.base_ = static_cast<const char*>(base);
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(Table::kCount); ++i) {
      const std::uint64_t offset = header->tables[i].offset;
      const std::uint64_t capacity = header->tables[i].capacity;
      if (header->tables[i].row_size != kRowSizes[i] || offset % 64 != 0 || offset < sizeof(Header) ||
          offset > size) {
        return ViewError::kBadTable;
      }
      // A record that was cut short keeps the rows that are there.
      const std::uint64_t room = (size - offset) / kRowSizes[i];
      view.offset_[i] = offset;
      view.capacity_[i] = static_cast<std::uint32_t>(capacity < room ? capacity : room);
    }
    out = view;
    return ViewError::kOk;
  }

  explicit operator bool() const { return base_ != nullptr; }
  const Header& header() const { return *reinterpret_cast<const Header*>(base_); }

  // One past the last row that may be in use; row 0 is never one. Grows while the program runs.
  Index end(Table table) const {
    const auto i = static_cast<std::uint32_t>(table);
    const std::uint32_t claimed = header().tables[i].claimed.load(std::memory_order_acquire);
    return claimed < capacity_[i] ? claimed : capacity_[i];
  }

  template <Table kTable>
  const typename RowOf<kTable>::Type* row(Index index) const {
    if (index == kNone || index >= capacity_[static_cast<std::uint32_t>(kTable)]) return nullptr;
    return reinterpret_cast<const typename RowOf<kTable>::Type*>(
               base_ + offset_[static_cast<std::uint32_t>(kTable)]) +
           index;
  }

  const ThreadRow* thread(Index i) const { return row<Table::kThreads>(i); }
  const SegmentRow* segment(Index i) const { return row<Table::kSegments>(i); }
  const LockRow* lock(Index i) const { return row<Table::kLocks>(i); }
  const FrameRow* frame(Index i) const { return row<Table::kFrames>(i); }
  const ModuleRow* module(Index i) const { return row<Table::kModules>(i); }
  const HeldBlock* held(Index i) const { return row<Table::kHeld>(i); }
  const ChainRow* chain(Index i) const { return row<Table::kChains>(i); }
  const RequestRow* request(Index i) const { return row<Table::kRequests>(i); }
  const SectionRow* section(Index i) const { return row<Table::kSections>(i); }
  const EventRow* event(Index i) const { return row<Table::kEvents>(i); }

  // The bytes of a text, not ended by NUL. length 0 and "" when there is none.
  const char* text(Index index, std::uint32_t& length) const {
    constexpr auto kText = static_cast<std::uint32_t>(Table::kText);
    length = 0;
    if (index == kNone || index % alignof(TextHeader) != 0 ||
        std::uint64_t{index} + sizeof(TextHeader) > capacity_[kText]) {
      return "";
    }
    const char* at = base_ + offset_[kText] + index;
    const std::uint32_t plus_one =
        reinterpret_cast<const TextHeader*>(at)->length_plus_one.load(std::memory_order_acquire);
    if (plus_one == 0 || std::uint64_t{index} + sizeof(TextHeader) + plus_one - 1 > capacity_[kText]) {
      return "";
    }
    length = plus_one - 1;
    return at + sizeof(TextHeader);
  }

  // Calls visit(entry, its place) for each lock the thread holds, oldest block last, newest entry of
  // a block first; entries that were released out of order are skipped. Stops when visit says false.
  template <typename Visit>
  void eachHeld(const ThreadRow& thread, Visit&& visit) const {
    std::uint32_t left = thread.held_count.load(std::memory_order_acquire);
    Index block_index = thread.held_block.load(std::memory_order_acquire);
    // A damaged list of blocks might be a ring: `left` falls by at least one a block, so this ends.
    while (left != 0) {
      const HeldBlock* block = held(block_index);
      if (block == nullptr) return;
      const std::uint32_t in_block = (left - 1) % kHeldPerBlock + 1;
      for (std::uint32_t i = in_block; i-- > 0;) {
        const HeldEntry& entry = block->entries[i];
        if (entry.lock.load(std::memory_order_acquire) != kNone && !visit(entry, left - in_block + i)) return;
      }
      left -= in_block;
      block_index = block->older;
    }
  }

  // Where a thread took a lock that it holds; kNone when it holds none such.
  Index stackOfHold(Index holder, Index lock) const {
    Index stack = kNone;
    const ThreadRow* row = thread(holder);
    if (row == nullptr) return stack;
    eachHeld(*row, [&](const HeldEntry& entry, std::uint32_t) {
      if (entry.lock.load(std::memory_order_relaxed) != lock) return true;
      stack = entry.stack;
      return false;
    });
    return stack;
  }

  // What a thread asked for last: the entry that was prepared above the top of its held stack says so;
  // where the block is full, the row itself. Meaningful only while the thread sleeps in the kernel on that
  // lock's address, without having published a wait.
  struct Asked {
    Index lock;
    std::uint32_t how;  // Mode | RequestKind << 8
    Index stack;
  };
  Asked requestOf(const ThreadRow& thread) const {
    const std::uint32_t count = thread.held_count.load(std::memory_order_acquire);
    const std::uint32_t in_block = count == 0 ? 0 : (count - 1) % kHeldPerBlock + 1;
    if (in_block == kHeldPerBlock) {
      return {thread.asks_for.load(std::memory_order_acquire),
              thread.asks_how.load(std::memory_order_relaxed),
              thread.wait_stack.load(std::memory_order_relaxed)};
    }
    const HeldBlock* block = held(thread.held_block.load(std::memory_order_acquire));
    if (block == nullptr) return {kNone, 0, kNone};
    const HeldEntry& entry = block->entries[in_block];
    return {entry.lock.load(std::memory_order_acquire),
            std::uint32_t{entry.mode} | std::uint32_t{entry.request} << 8, entry.stack};
  }

 private:
  const char* base_ = nullptr;
  std::uint64_t offset_[static_cast<std::uint32_t>(Table::kCount)] = {};
  std::uint32_t capacity_[static_cast<std::uint32_t>(Table::kCount)] = {};
};

}  // namespace gridlock::record
