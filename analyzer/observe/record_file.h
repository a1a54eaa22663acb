// One flight record as a file: opened, checked, and handed out row by row.
//
// The file may come from a process that still runs, was killed in mid-write, is of another version,
// or is no record at all. Everything the header says is checked once, here; every index that a row
// holds is checked at each use, by `row`, which answers nullptr for what does not exist. Nothing
// here interprets rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/model/result.h"
#include "gridlock/record.h"

namespace gridlock::observe {

// The row type of each table, so that a row is asked for by its type alone.
template <typename Row>
inline constexpr record::Table kTableOf = record::Table::kCount;
template <>
inline constexpr record::Table kTableOf<record::ThreadRow> = record::Table::kThreads;
template <>
inline constexpr record::Table kTableOf<record::SegmentRow> = record::Table::kSegments;
template <>
inline constexpr record::Table kTableOf<record::LockRow> = record::Table::kLocks;
template <>
inline constexpr record::Table kTableOf<record::FrameRow> = record::Table::kFrames;
template <>
inline constexpr record::Table kTableOf<record::ModuleRow> = record::Table::kModules;
template <>
inline constexpr record::Table kTableOf<record::HeldBlock> = record::Table::kHeld;
template <>
inline constexpr record::Table kTableOf<record::ChainRow> = record::Table::kChains;
template <>
inline constexpr record::Table kTableOf<record::RequestRow> = record::Table::kRequests;
template <>
inline constexpr record::Table kTableOf<record::SectionRow> = record::Table::kSections;
template <>
inline constexpr record::Table kTableOf<record::EventRow> = record::Table::kEvents;

class RecordFile {
 public:
  // Maps `path` read-only. A file that another process truncates while it is mapped is the one
  // thing this cannot guard against; writers never do that.
  static Result<RecordFile> open(const std::filesystem::path& path);

  // A record that lies in memory, for tests and the fuzzer. `bytes` must outlive the result and be
  // aligned to 64.
  static Result<RecordFile> over(std::span<const std::byte> bytes, std::string name);

  // Whether the file begins as a record does, of whatever version.
  static bool looksLikeRecord(const std::filesystem::path& path);

  RecordFile(RecordFile&& other) noexcept;
  RecordFile& operator=(RecordFile&& other) noexcept;
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;
  ~RecordFile();

  const std::string& name() const { return name_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  const record::Header& header() const { return *reinterpret_cast<const record::Header*>(bytes_.data()); }

  // Rows claimed by now, the reserved row 0 included.
  template <typename Row>
  record::Index count() const {
    return rowCount(kTableOf<Row>, sizeof(Row));
  }
  // The row, valid or not; nullptr for 0 and for indices nobody claimed.
  template <typename Row>
  const Row* row(record::Index index) const {
    if (index == record::kNone || index >= count<Row>()) return nullptr;
    return reinterpret_cast<const Row*>(bytes_.data() +
                                        tables_[static_cast<std::size_t>(kTableOf<Row>)].offset) +
           index;
  }
  // The same, nullptr also while its writer has not published it.
  template <typename Row>
  const Row* valid(record::Index index) const {
    const Row* found = row<Row>(index);
    return found && found->state.load(std::memory_order_acquire) != 0 ? found : nullptr;
  }
  std::uint32_t dropped(record::Table table) const;

  // Bytes of a text row; empty when the index is none or wrong.
  std::string_view text(record::Index index) const;

 private:
  struct TablePlace {
    std::uint64_t offset = 0;
    std::uint64_t rows_in_file = 0;  // capacity, or fewer where the file ends before
  };

  RecordFile() = default;
  Status check();
  record::Index rowCount(record::Table table, std::size_t row_size) const;

  std::string name_;
  std::span<const std::byte> bytes_;
  bool mapped_ = false;
  std::vector<TablePlace> tables_;
};

}  // namespace gridlock::observe
