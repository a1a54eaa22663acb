// Flight records made by hand, for tests of whatever reads them.
//
// The builder lays out a record in memory exactly as the shim does in its file, with small tables.
// Every row can be changed through `row`, so that broken records are made from good ones. Needs
// neither the shim nor the analyzer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gridlock/record.h"

namespace gridlock::support {

class RecordBuilder {
 public:
  RecordBuilder();

  record::Header& header() { return *reinterpret_cast<record::Header*>(memory_.get()); }
  std::span<const std::byte> bytes() const { return {memory_.get(), size_}; }
  std::span<std::byte> bytes() { return {memory_.get(), size_}; }
  void write(const std::filesystem::path& file) const;

  record::ThreadRow& thread(record::Index i) { return row<record::ThreadRow>(record::Table::kThreads, i); }
  record::SegmentRow& segment(record::Index i) {
    return row<record::SegmentRow>(record::Table::kSegments, i);
  }
  record::LockRow& lock(record::Index i) { return row<record::LockRow>(record::Table::kLocks, i); }
  record::FrameRow& frame(record::Index i) { return row<record::FrameRow>(record::Table::kFrames, i); }
  record::ModuleRow& module(record::Index i) { return row<record::ModuleRow>(record::Table::kModules, i); }
  record::HeldBlock& held(record::Index i) { return row<record::HeldBlock>(record::Table::kHeld, i); }
  record::ChainRow& chain(record::Index i) { return row<record::ChainRow>(record::Table::kChains, i); }
  record::RequestRow& request(record::Index i) {
    return row<record::RequestRow>(record::Table::kRequests, i);
  }
  record::SectionRow& section(record::Index i) {
    return row<record::SectionRow>(record::Table::kSections, i);
  }
  record::EventRow& event(record::Index i) { return row<record::EventRow>(record::Table::kEvents, i); }

  record::Index addText(std::string_view text);
  record::Index addModule(const std::string& path, std::uint64_t begin, std::uint64_t end,
                          std::uint64_t bias);
  // The modules of this very process, so that its own code and data can be named.
  void addOwnModules();
  // Return addresses, innermost first. Equal outer frames are not shared.
  record::Index addStack(const std::vector<std::uint64_t>& addresses);
  // The first one is the main thread. Each begins with a segment of its own.
  record::Index addThread(const std::string& name, record::Index creator = record::kNone);
  record::Index addSegment(record::Index thread, record::Index previous, record::Index other = record::kNone);
  record::Index addLock(std::uint64_t address, record::Index first_stack,
                        record::LockKind kind = record::LockKind::kMutex);
  record::Index addChain(record::Index parent, record::Index lock, record::Index stack,
                         record::Mode mode = record::Mode::kExclusive);
  record::Index addRequest(record::Index thread, record::Index chain, record::Index lock, record::Index stack,
                           record::Mode mode = record::Mode::kExclusive,
                           record::RequestKind request = record::RequestKind::kBlocking);
  record::Index addSection(record::Index thread, record::Index lock, record::Index stack,
                           std::uint64_t count);
  record::Index addEvent(record::EventKind kind, record::Index thread, record::Index lock,
                         record::Index stack);
  // Puts a lock on the thread's held stack.
  void hold(record::Index thread, record::Index lock, record::Index stack,
            record::Mode mode = record::Mode::kExclusive);
  // Lets the thread wait for a lock, since `since_ns`.
  void wait(record::Index thread, record::Index lock, record::Index stack, std::uint64_t since_ns = 1,
            record::WaitKind kind = record::WaitKind::kLock);

  record::Index claim(record::Table table, std::uint32_t rows = 1);

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  template <typename Row>
  Row& row(record::Table table, record::Index index) {
    const record::TableInfo& info = header().tables[static_cast<std::uint32_t>(table)];
    return *reinterpret_cast<Row*>(memory_.get() + info.offset + std::size_t{info.row_size} * index);
  }

  std::unique_ptr<std::byte, Free> memory_;
  std::size_t size_ = 0;
};

}  // namespace gridlock::support
