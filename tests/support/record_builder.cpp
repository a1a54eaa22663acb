// See record_builder.h.
#include "tests/support/record_builder.h"

#include <link.h>

#include <array>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace gridlock::support {
namespace {

using namespace record;

struct Shape {
  std::uint32_t row_size;
  std::uint32_t capacity;
};

constexpr std::array<Shape, static_cast<std::size_t>(Table::kCount)> kShapes{{{sizeof(ThreadRow), 64},
                                                                              {sizeof(SegmentRow), 128},
                                                                              {sizeof(LockRow), 64},
                                                                              {sizeof(FrameRow), 256},
                                                                              {sizeof(ModuleRow), 32},
                                                                              {1, 16384},
                                                                              {sizeof(HeldBlock), 16},
                                                                              {sizeof(ChainRow), 128},
                                                                              {sizeof(RequestRow), 128},
                                                                              {sizeof(SectionRow), 64},
                                                                              {sizeof(EventRow), 64}}};

std::uint64_t aligned(std::uint64_t value) { return (value + 63) / 64 * 64; }

}  // namespace

void RecordBuilder::Free::operator()(std::byte* memory) const { std::free(memory); }

RecordBuilder::RecordBuilder() {
  std::uint64_t at = sizeof(Header);
  std::array<std::uint64_t, kShapes.size()> offsets{};
  for (std::size_t i = 0; i < kShapes.size(); ++i) {
    offsets[i] = at;
    at = aligned(at + std::uint64_t{kShapes[i].row_size} * kShapes[i].capacity);
  }
  size_ = at;
  memory_.reset(static_cast<std::byte*>(std::aligned_alloc(64, size_)));
  std::memset(memory_.get(), 0, size_);
  Header& head = header();
  head.magic = kMagic;
  head.version = kVersion;
  head.header_size = sizeof(Header);
  head.table_count = static_cast<std::uint32_t>(Table::kCount);
  head.pid = 0x3ffffff0;  // above any pid_max: no running process is taken for it
  head.started_ns = 1'000;
  head.started_realtime_ns = 1'700'000'000'000'000'000;
  head.hold_every = 64;
  for (std::size_t i = 0; i < kShapes.size(); ++i) {
    head.tables[i].offset = offsets[i];
    head.tables[i].row_size = kShapes[i].row_size;
    head.tables[i].capacity = kShapes[i].capacity;
    head.tables[i].claimed = i == static_cast<std::size_t>(Table::kText) ? 4 : 1;
  }
  head.executable = addText("/nowhere/app");
  head.command_line = addText(std::string_view("app\0--fast\0", 11));
  head.life = static_cast<std::uint32_t>(LifeCycle::kExited);
  head.ended_ns = 2'000'000'000;
}

void RecordBuilder::write(const std::filesystem::path& file) const {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(memory_.get()), static_cast<std::streamsize>(size_));
}

Index RecordBuilder::claim(Table table, std::uint32_t rows) {
  TableInfo& info = header().tables[static_cast<std::uint32_t>(table)];
  const Index index = info.claimed.fetch_add(rows);
  assert(index + rows <= info.capacity);
  return index;
}

Index RecordBuilder::addText(std::string_view text) {
  const auto length = static_cast<std::uint32_t>(text.size());
  const Index index = claim(Table::kText, (4 + length + 3) / 4 * 4);
  std::byte* place = memory_.get() + header().tables[static_cast<std::uint32_t>(Table::kText)].offset + index;
  reinterpret_cast<TextHeader*>(place)->length_plus_one = length + 1;
  std::memcpy(place + 4, text.data(), length);
  return index;
}

Index RecordBuilder::addModule(const std::string& path, std::uint64_t begin, std::uint64_t end,
                               std::uint64_t bias) {
  const Index index = claim(Table::kModules);
  ModuleRow& row = module(index);
  row.path = addText(path);
  row.begin = begin;
  row.end = end;
  row.load_bias = bias;
  row.state = 1;
  return index;
}

void RecordBuilder::addOwnModules() {
  const auto add = [](struct dl_phdr_info* info, std::size_t, void* self) {
    std::uint64_t begin = ~0ull;
    std::uint64_t end = 0;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
      begin = std::min<std::uint64_t>(begin, info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
      end = std::max<std::uint64_t>(
          end, info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz);
    }
    std::string path = info->dlpi_name;
    if (path.empty()) path = std::filesystem::read_symlink("/proc/self/exe").string();
    if (begin < end) static_cast<RecordBuilder*>(self)->addModule(path, begin, end, info->dlpi_addr);
    return 0;
  };
  dl_iterate_phdr(add, this);
}

Index RecordBuilder::addStack(const std::vector<std::uint64_t>& addresses) {
  Index parent = kNone;
  for (auto at = addresses.rbegin(); at != addresses.rend(); ++at) {
    const Index index = claim(Table::kFrames);
    frame(index).parent = parent;
    frame(index).pc = *at;
    parent = index;
  }
  return parent;
}

Index RecordBuilder::addThread(const std::string& name, Index creator) {
  const Index index = claim(Table::kThreads);
  ThreadRow& row = thread(index);
  row.tid = 100 + index;
  row.creator = creator;
  std::strncpy(row.name, name.c_str(), sizeof row.name - 1);
  if (index == 1) row.flags = kMainThread;
  row.segment = addSegment(index, creator == kNone ? kNone : thread(creator).segment.load());
  row.state = static_cast<std::uint32_t>(ThreadState::kRunning);
  return index;
}

Index RecordBuilder::addSegment(Index of_thread, Index previous, Index other) {
  const Index index = claim(Table::kSegments);
  SegmentRow& row = segment(index);
  row.thread = of_thread;
  row.previous = previous;
  row.other = other;
  row.state = 1;
  return index;
}

Index RecordBuilder::addLock(std::uint64_t address, Index first_stack, LockKind kind) {
  const Index index = claim(Table::kLocks);
  LockRow& row = lock(index);
  row.kind = kind;
  row.address = address;
  row.first_stack = first_stack;
  row.state = static_cast<std::uint32_t>(LockState::kLive);
  return index;
}

Index RecordBuilder::addChain(Index parent, Index of_lock, Index stack, Mode mode) {
  const Index index = claim(Table::kChains);
  ChainRow& row = chain(index);
  row.parent = parent;
  row.lock = of_lock;
  row.mode = static_cast<std::uint8_t>(mode);
  row.flags = kStackExact;
  row.stack = stack;
  row.depth = parent == kNone ? 1 : chain(parent).depth + 1;
  row.state = 1;
  return index;
}

Index RecordBuilder::addRequest(Index of_thread, Index of_chain, Index of_lock, Index stack, Mode mode,
                                RequestKind kind) {
  const Index index = claim(Table::kRequests);
  RequestRow& row = request(index);
  row.chain = of_chain;
  row.lock = of_lock;
  row.mode = static_cast<std::uint8_t>(mode);
  row.request = static_cast<std::uint8_t>(kind);
  row.flags = kStackExact;
  row.stack = stack;
  row.thread = of_thread;
  row.segment = thread(of_thread).segment.load();
  row.count = 1;
  row.state = 2;
  return index;
}

Index RecordBuilder::addSection(Index of_thread, Index of_lock, Index stack, std::uint64_t count) {
  const Index index = claim(Table::kSections);
  SectionRow& row = section(index);
  row.thread = of_thread;
  row.lock = of_lock;
  row.stack = stack;
  row.count = count;
  row.state = 1;
  return index;
}

Index RecordBuilder::addEvent(EventKind kind, Index of_thread, Index of_lock, Index stack) {
  const Index index = claim(Table::kEvents);
  EventRow& row = event(index);
  row.kind = static_cast<std::uint16_t>(kind);
  row.thread = of_thread;
  row.lock = of_lock;
  row.stack = stack;
  row.state = 1;
  return index;
}

void RecordBuilder::hold(Index of_thread, Index of_lock, Index stack, Mode mode) {
  ThreadRow& owner = thread(of_thread);
  const std::uint32_t count = owner.held_count.load();
  if (count % kHeldPerBlock == 0) {
    const Index index = claim(Table::kHeld);
    held(index).thread = of_thread;
    held(index).older = owner.held_block.load();
    held(index).state = 1;
    owner.held_block = index;
  }
  HeldEntry& entry = held(owner.held_block.load()).entries[count % kHeldPerBlock];
  entry.lock = of_lock;
  entry.mode = static_cast<std::uint8_t>(mode);
  entry.stack = stack;
  owner.held_count = count + 1;
}

void RecordBuilder::wait(Index of_thread, Index of_lock, Index stack, std::uint64_t since_ns, WaitKind kind) {
  ThreadRow& row = thread(of_thread);
  row.wait_kind = static_cast<std::uint32_t>(kind);
  row.wait_for = of_lock;
  row.wait_stack = stack;
  row.wait_since_ns = since_ns;
  row.wait_serial = 1;
}

}  // namespace gridlock::support
