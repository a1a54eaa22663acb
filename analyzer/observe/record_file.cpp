// See record_file.h.
#include "analyzer/observe/record_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace gridlock::observe {
namespace {

using record::Table;

constexpr auto kTableCount = static_cast<std::size_t>(Table::kCount);

struct TableShape {
  const char* name;
  std::uint32_t row_size;
  std::uint32_t alignment;
};

constexpr std::array<TableShape, kTableCount> kShapes{{
    {"threads", sizeof(record::ThreadRow), alignof(record::ThreadRow)},
    {"segments", sizeof(record::SegmentRow), alignof(record::SegmentRow)},
    {"locks", sizeof(record::LockRow), alignof(record::LockRow)},
    {"frames", sizeof(record::FrameRow), alignof(record::FrameRow)},
    {"modules", sizeof(record::ModuleRow), alignof(record::ModuleRow)},
    {"text", 1, alignof(record::TextHeader)},
    {"held", sizeof(record::HeldBlock), alignof(record::HeldBlock)},
    {"chains", sizeof(record::ChainRow), alignof(record::ChainRow)},
    {"requests", sizeof(record::RequestRow), alignof(record::RequestRow)},
    {"sections", sizeof(record::SectionRow), alignof(record::SectionRow)},
    {"events", sizeof(record::EventRow), alignof(record::EventRow)},
}};

// A record is sparse up to its maximum, but what was claimed was written. More than this is not a
// record that any shim wrote, and walking it would take for ever.
constexpr std::uint64_t kMostClaimedBytes = 1ull << 36;

std::string place(std::size_t offset) {
  char text[32];
  std::snprintf(text, sizeof text, "offset 0x%zx", offset);
  return text;
}

std::size_t tableInfoOffset(std::size_t table) {
  return offsetof(record::Header, tables) + table * sizeof(record::TableInfo);
}

}  // namespace

Result<RecordFile> RecordFile::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Error{std::strerror(errno), path.string()};
  struct stat status{};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return Error{"not a regular file", path.string()};
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < sizeof(record::Header)) {
    ::close(fd);
    return Error{"not a flight record: it is shorter than a record's header", path.string(), place(size)};
  }
  void* memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  const int error = errno;
  ::close(fd);
  if (memory == MAP_FAILED)
    return Error{std::string("cannot be mapped: ") + std::strerror(error), path.string()};
  RecordFile file;
  file.name_ = path.string();
  file.bytes_ = {static_cast<const std::byte*>(memory), size};
  file.mapped_ = true;
  if (Status status_of_check = file.check(); !status_of_check) return status_of_check.error();
  return file;
}

Result<RecordFile> RecordFile::over(std::span<const std::byte> bytes, std::string name) {
  if (bytes.size() < sizeof(record::Header)) {
    return Error{"not a flight record: it is shorter than a record's header", std::move(name),
                 place(bytes.size())};
  }
  RecordFile file;
  file.name_ = std::move(name);
  file.bytes_ = bytes;
  if (Status status = file.check(); !status) return status.error();
  return file;
}

bool RecordFile::looksLikeRecord(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  std::uint64_t magic = 0;
  const bool whole = ::read(fd, &magic, sizeof magic) == static_cast<ssize_t>(sizeof magic);
  ::close(fd);
  return whole && magic == record::kMagic;
}

RecordFile::RecordFile(RecordFile&& other) noexcept
    : name_(std::move(other.name_)),
      bytes_(std::exchange(other.bytes_, {})),
      mapped_(std::exchange(other.mapped_, false)),
      tables_(std::move(other.tables_)) {}

RecordFile& RecordFile::operator=(RecordFile&& other) noexcept {
  std::swap(name_, other.name_);
  std::swap(bytes_, other.bytes_);
  std::swap(mapped_, other.mapped_);
  std::swap(tables_, other.tables_);
  return *this;
}

RecordFile::~RecordFile() {
  if (mapped_) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Status RecordFile::check() {
  const record::Header& head = header();
  if (head.magic != record::kMagic) {
    return Error{"not a flight record: the magic number is missing", name_,
                 place(offsetof(record::Header, magic))};
  }
  if (head.version != record::kVersion) {
    return Error{"a flight record of version " + std::to_string(head.version) +
                     "; this gridlock reads version " + std::to_string(record::kVersion) + " only",
                 name_, place(offsetof(record::Header, version))};
  }
  if (head.header_size != sizeof(record::Header)) {
    return Error{"the header is " + std::to_string(head.header_size) + " bytes long, not " +
                     std::to_string(sizeof(record::Header)),
                 name_, place(offsetof(record::Header, header_size))};
  }
  if (head.table_count != kTableCount) {
    return Error{"the header lists " + std::to_string(head.table_count) + " tables, not " +
                     std::to_string(kTableCount),
                 name_, place(offsetof(record::Header, table_count))};
  }
  tables_.resize(kTableCount);
  std::uint64_t claimed_bytes = 0;
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const record::TableInfo& info = head.tables[i];
    const TableShape& shape = kShapes[i];
    const std::string title = std::string("table ") + shape.name;
    if (info.row_size != shape.row_size) {
      return Error{title + ": rows are " + std::to_string(info.row_size) + " bytes long, not " +
                       std::to_string(shape.row_size),
                   name_, place(tableInfoOffset(i))};
    }
    const std::uint64_t offset = info.offset;
    if (offset < sizeof(record::Header) || offset % shape.alignment != 0) {
      return Error{title + ": begins at a place where no table can be", name_, place(tableInfoOffset(i))};
    }
    const std::uint64_t claimed =
        std::min<std::uint64_t>(info.claimed.load(std::memory_order_acquire), info.capacity) * shape.row_size;
    if (claimed > 0 && (offset > bytes_.size() || claimed > bytes_.size() - offset)) {
      return Error{title + ": the file ends before its last row", name_, place(bytes_.size())};
    }
    claimed_bytes += claimed;
    tables_[i].offset = offset;
    tables_[i].rows_in_file =
        offset > bytes_.size()
            ? 0
            : std::min<std::uint64_t>(info.capacity, (bytes_.size() - offset) / shape.row_size);
  }
  if (claimed_bytes > kMostClaimedBytes) {
    return Error{"the tables claim " + std::to_string(claimed_bytes) + " bytes: no shim writes that much",
                 name_};
  }
  return ok();
}

record::Index RecordFile::rowCount(Table table, std::size_t row_size) const {
  const auto i = static_cast<std::size_t>(table);
  assert(kShapes[i].row_size == row_size);
  (void)row_size;
  // Read anew each time: a live process goes on claiming rows.
  const std::uint64_t claimed = header().tables[i].claimed.load(std::memory_order_acquire);
  return static_cast<record::Index>(std::min(claimed, tables_[i].rows_in_file));
}

std::uint32_t RecordFile::dropped(Table table) const {
  return header().tables[static_cast<std::size_t>(table)].dropped.load(std::memory_order_relaxed);
}

std::string_view RecordFile::text(record::Index index) const {
  const record::Index size = rowCount(Table::kText, 1);
  if (index == record::kNone || index % alignof(record::TextHeader) != 0) return {};
  if (index >= size || size - index < sizeof(record::TextHeader)) return {};
  const std::byte* start = bytes_.data() + tables_[static_cast<std::size_t>(Table::kText)].offset + index;
  const std::uint32_t length_plus_one =
      reinterpret_cast<const record::TextHeader*>(start)->length_plus_one.load(std::memory_order_acquire);
  if (length_plus_one == 0 || length_plus_one - 1 > size - index - sizeof(record::TextHeader)) return {};
  return {reinterpret_cast<const char*>(start) + sizeof(record::TextHeader), length_plus_one - 1};
}

}  // namespace gridlock::observe
