// How the file comes to be: sparse to its maximum at once, mapped once, its descriptor closed at once
// (programs close or re-use descriptors they do not know). Limits on file size and address space
// shrink all tables alike.

#include "runtime/core/record_file.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include "runtime/base/print.h"
#include "runtime/base/spinlock.h"
#include "runtime/core/clock.h"
#include "runtime/core/options.h"
#include "runtime/core/speak.h"
#include "runtime/core/thread_state.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace gridlock::runtime {
namespace {

using record::Header;

constexpr std::uint32_t kTables = static_cast<std::uint32_t>(Table::kCount);
constexpr std::uint64_t kPage = 4096;

struct Shape {
  std::uint32_t row_size;
  std::uint32_t rows;     // at full size
  std::uint32_t minimum;  // rows that are worth having a record for
};

constexpr Shape kShapes[kTables] = {
    {sizeof(record::ThreadRow), 1u << 16, 256},  {sizeof(record::SegmentRow), 1u << 18, 256},
    {sizeof(record::LockRow), 1u << 22, 1024},   {sizeof(record::FrameRow), 1u << 20, 1024},
    {sizeof(record::ModuleRow), 1u << 12, 128},  {1, 1u << 22, 1u << 14},
    {sizeof(record::HeldBlock), 1u << 16, 256},  {sizeof(record::ChainRow), 1u << 20, 512},
    {sizeof(record::RequestRow), 1u << 20, 512}, {sizeof(record::SectionRow), 1u << 18, 256},
    {sizeof(record::EventRow), 1u << 16, 64},
};

// How far pages of each table were claimed, as offsets into the file, and where its room ends.
struct Claimed {
  std::atomic<std::uint64_t> until{0};
  std::uint64_t step = kPage;
  std::atomic<std::uint32_t> limit{0};  // rows; falls when the file system is full
};
Claimed claimed_pages[kTables];
SpinLock claim_lock{LockRank::kRecord};
bool can_populate = true;

std::uint64_t roundUp(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

// Lays out the tables with each row count divided by 2^shrink; the size of the whole.
std::uint64_t layOut(Header* header, std::uint32_t shrink) {
  std::uint64_t offset = roundUp(sizeof(Header), kPage);
  for (std::uint32_t i = 0; i < kTables; ++i) {
    std::uint32_t rows = kShapes[i].rows >> shrink;
    if (rows < kShapes[i].minimum) rows = kShapes[i].minimum;
    if (header != nullptr) {
      header->tables[i].offset = offset;
      header->tables[i].row_size = kShapes[i].row_size;
      header->tables[i].capacity = rows;
      header->tables[i].claimed.store(i == static_cast<std::uint32_t>(Table::kText) ? 4 : 1);
    }
    offset = roundUp(offset + std::uint64_t{rows} * kShapes[i].row_size, kPage);
  }
  return offset;
}

std::uint64_t limitOf(int resource) {
  rlimit limit{};
  if (sys::call(SYS_prlimit64, 0, resource, 0, sys::asLong(&limit)) != 0) return ~std::uint64_t{0};
  return limit.rlim_cur == RLIM_INFINITY ? ~std::uint64_t{0} : limit.rlim_cur;
}

std::uint64_t processStart() {
  char text[1024];
  const long length = sys::readFile("/proc/self/stat", text, sizeof(text));
  if (length <= 0) return 0;
  const char* at = text + length;
  while (at > text && *at != ')') --at;  // the name may hold anything, blanks and brackets too
  std::uint64_t value = 0;
  for (int field = 2; field < 22 && *at != '\0'; ++at) {
    if (*at == ' ') ++field;
  }
  for (; *at >= '0' && *at <= '9'; ++at) value = value * 10 + static_cast<std::uint64_t>(*at - '0');
  return value;
}

bool populate(std::uint64_t from, std::uint64_t to) {
  if (!can_populate) return true;
  constexpr long kInvalid = -22;
  const long result = sys::advise(current.base + from, to - from, MADV_POPULATE_WRITE);
  if (result == kInvalid) {
    can_populate = false;  // before Linux 5.14
    return true;
  }
  return result == 0;
}

// Of the record this process forked away from, while it makes its own; else null.
Header* parent_header = nullptr;
// Which of its parent's forked children this process is, from 1; 0: it was not forked.
std::uint64_t child_number = 0;

// Children that cannot make a record (they changed their user, as a rule) are told of once, and by the
// parent's report where there is a launcher.
void passive(const char* why, const char* path, long error) {
  if (parent_header != nullptr) {
    const std::uint32_t before =
        parent_header->troubles.fetch_or(record::kTroubleChildUnwatched, std::memory_order_relaxed);
    if (session.by_launcher || (before & record::kTroubleChildUnwatched) != 0) return;
  }
  Line line;
  line << why << " " << path;
  if (error < 0) line << " (error " << static_cast<std::uint64_t>(-error) << ")";
  line << ": locks of this process are not watched";
  say(line);
}

long createFile(std::uint64_t start, std::uint32_t& exec_count) {
  constexpr long kExists = -17;
  for (exec_count = 0; exec_count < 100000; ++exec_count) {
    Line name;
    name << session.folder << "/" << sys::getpid() << "-" << start << "-" << exec_count << ".record";
    if (name.length() >= sizeof(current.path)) return -36;
    for (std::size_t i = 0; i <= name.length(); ++i) current.path[i] = name.text()[i];
    const long fd = sys::open(current.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd != kExists) return fd;
  }
  return kExists;
}

void describe(Header& header, std::uint32_t exec_count, std::uint64_t start, bool forked_child) {
  header.version = record::kVersion;
  header.header_size = sizeof(Header);
  header.table_count = kTables;
  header.flags =
      (session.by_launcher ? record::kLauncherWatches : 0u) | (forked_child ? record::kForkedChild : 0u);
  header.pid = sys::getpid();
  header.ppid = sys::getppid();
  header.exec_count = exec_count;
  header.hold_every = options.hold_every;
  header.process_start = start;
  header.started_ns = nowNs();
  header.started_realtime_ns = realtimeNs();
  header.life.store(static_cast<std::uint32_t>(record::LifeCycle::kRunning));
}

void describeProcess(Header& header) {
  static char text[64 * 1024];  // guarded by the caller; small thread stacks have no room for it
  long length = sys::call(SYS_readlinkat, AT_FDCWD, sys::asLong("/proc/self/exe"), sys::asLong(text), 4096);
  if (length > 0) header.executable = addText(text, static_cast<std::uint32_t>(length));
  length = sys::readFile("/proc/self/cmdline", text, sizeof(text));
  if (length > 0) header.command_line = addText(text, static_cast<std::uint32_t>(length));
  length = sys::call(SYS_getcwd, sys::asLong(text), sizeof(text));
  if (length > 1) header.working_directory = addText(text, static_cast<std::uint32_t>(length - 1));
  std::uint32_t folder = 0;
  while (session.folder[folder] != '\0') ++folder;
  header.session = addText(session.folder, folder);
}

template <typename Row>
void place(Row*& pointer, Table table) {
  pointer =
      reinterpret_cast<Row*>(current.base + current.header->tables[static_cast<std::uint32_t>(table)].offset);
}

}  // namespace

Record current;
Session session;

// Makes sure that the bytes up to `end` (an offset into the file) of a table may be touched.
static bool touch(std::uint32_t table, std::uint64_t end) {
  Claimed& pages = claimed_pages[table];
  if (end <= pages.until.load(std::memory_order_acquire)) return true;
  SpinGuard guard(claim_lock);
  const std::uint64_t from = pages.until.load(std::memory_order_relaxed);
  if (end <= from) return true;
  std::uint64_t to = roundUp(end > from + pages.step ? end : from + pages.step, kPage);
  record::TableInfo& info = current.header->tables[table];
  const std::uint64_t last = roundUp(info.offset + std::uint64_t{info.capacity} * info.row_size, kPage);
  if (to > last) to = last;
  if (to < end) return false;  // it became full meanwhile
  if (!populate(from, to) && !populate(from, to = roundUp(end, kPage))) {
    noteTrouble(record::kTroubleRecordFull);
    // Even to read a page that there is no room for ends the reader: from now on the table ends here.
    const std::uint64_t rows = (from - info.offset) / info.row_size;
    if (rows < info.capacity)
      __atomic_store_n(&info.capacity, static_cast<std::uint32_t>(rows), __ATOMIC_RELEASE);
    return false;
  }
  if (pages.step < 64 * kPage) pages.step *= 2;
  pages.until.store(to, std::memory_order_release);
  return true;
}

bool openRecord(const Record* parent) {
  const bool forked_child = parent != nullptr;
  parent_header = forked_child ? parent->header : nullptr;
  child_number =
      forked_child ? parent_header->forked_children.fetch_add(1, std::memory_order_relaxed) + 1 : 0;
  current = Record{};
  claim_lock.reset();
  constexpr long kExists = -17;
  const long made = sys::call(SYS_mkdirat, AT_FDCWD, sys::asLong(session.folder), 0700);
  if (made < 0 && made != kExists) {
    passive("cannot make the folder", session.folder, made);
    return false;
  }
  session.folder_is_ours = made == 0;
  const std::uint64_t start = processStart();
  std::uint32_t exec_count = 0;
  const long fd = createFile(start, exec_count);
  if (fd < 0) {
    passive("cannot make the record", current.path, fd);
    return false;
  }
  std::uint64_t room = limitOf(RLIMIT_FSIZE);
  const std::uint64_t address_space = limitOf(RLIMIT_AS) / 8;
  if (address_space < room) room = address_space;
  std::uint32_t shrink = 0;
  void* base = nullptr;
  for (; shrink < 20; ++shrink) {
    current.size = layOut(nullptr, shrink);
    if (current.size > room && layOut(nullptr, shrink + 1) < current.size) continue;
    if (current.size > limitOf(RLIMIT_FSIZE)) break;  // an ftruncate past it would kill the program
    if (sys::call(SYS_ftruncate, fd, static_cast<long>(current.size)) != 0) continue;
    base = sys::map(current.size, MAP_SHARED | MAP_NORESERVE, static_cast<int>(fd));
    if (base != nullptr) break;
  }
  sys::close(static_cast<int>(fd));
  if (base != nullptr) {
    current.base = static_cast<char*>(base);
    // On a disk each first touch would read ahead: megabytes of zeros out of a file without any.
    constexpr int kRandom = 1;
    sys::advise(base, current.size, kRandom);
    if (!populate(0, roundUp(sizeof(Header), kPage))) {
      sys::unmap(base, current.size);
      base = nullptr;
    }
  }
  if (base == nullptr) {
    sys::call(SYS_unlinkat, AT_FDCWD, sys::asLong(current.path), 0);
    passive("no room for the record", current.path, 0);
    return false;
  }
  current.header = reinterpret_cast<Header*>(current.base);
  layOut(current.header, shrink);
  for (std::uint32_t i = 0; i < kTables; ++i) {
    claimed_pages[i].until.store(current.header->tables[i].offset);
    claimed_pages[i].step = kPage;
    claimed_pages[i].limit.store(current.header->tables[i].capacity);
  }
  place(current.threads, Table::kThreads);
  place(current.segments, Table::kSegments);
  place(current.locks, Table::kLocks);
  place(current.frames, Table::kFrames);
  place(current.modules, Table::kModules);
  place(current.held, Table::kHeld);
  place(current.chains, Table::kChains);
  place(current.requests, Table::kRequests);
  place(current.sections, Table::kSections);
  place(current.events, Table::kEvents);
  // Row 0 of the sections takes counts that belong nowhere.
  const auto sections = static_cast<std::uint32_t>(Table::kSections);
  if (!touch(sections, current.header->tables[sections].offset + sizeof(record::SectionRow))) {
    sys::call(SYS_unlinkat, AT_FDCWD, sys::asLong(current.path), 0);
    passive("no room for the record", current.path, 0);
    sys::unmap(base, current.size);
    current = Record{};
    return false;
  }
  describe(*current.header, exec_count, start, forked_child);
  describeProcess(*current.header);
  std::atomic_thread_fence(std::memory_order_release);
  *const_cast<volatile std::uint64_t*>(&current.header->magic) = record::kMagic;
  if (options.verbosity > 0) {
    Line line;
    line << "the record is " << current.path;
    say(line);
  }
  return true;
}

// Covered rather than unmapped: a signal handler that forked may return into a hook that was at work on the
// parent's rows. What it still writes goes nowhere. The cover of the generation before goes.
void closeRecord(const Record& record) {
  static void* covered = nullptr;
  static std::size_t covered_size = 0;
  if (record.base == nullptr) return;
  if (covered != nullptr) sys::unmap(covered, covered_size);
  covered = nullptr;
  if (sys::cover(record.base, record.size)) {
    covered = record.base;
    covered_size = record.size;
  } else {
    sys::unmap(record.base, record.size);
  }
}

static Index claimRows(Table table, std::uint32_t count) {
  const auto i = static_cast<std::uint32_t>(table);
  record::TableInfo& info = current.header->tables[i];
  Claimed& pages = claimed_pages[i];
  if (info.claimed.load(std::memory_order_relaxed) + count <= pages.limit.load(std::memory_order_relaxed)) {
    const Index row = info.claimed.fetch_add(count, std::memory_order_relaxed);
    if (std::uint64_t{row} + count <= pages.limit.load(std::memory_order_relaxed) &&
        touch(i, info.offset + (std::uint64_t{row} + count) * info.row_size)) {
      return row;
    }
    pages.limit.store(0, std::memory_order_relaxed);
  }
  info.dropped.fetch_add(1, std::memory_order_relaxed);
  return kNone;
}

Index claim(Table table) { return claimRows(table, 1); }

Index addText(const char* bytes, std::uint32_t length) {
  const Index at =
      claimRows(Table::kText, (static_cast<std::uint32_t>(sizeof(record::TextHeader)) + length + 3) & ~3u);
  if (at == kNone) return kNone;
  char* row = current.base + current.header->tables[static_cast<std::uint32_t>(Table::kText)].offset + at;
  for (std::uint32_t i = 0; i < length; ++i) row[sizeof(record::TextHeader) + i] = bytes[i];
  reinterpret_cast<record::TextHeader*>(row)->length_plus_one.store(length + 1, std::memory_order_release);
  return at;
}

record::RecordView viewRecord() {
  record::RecordView view;
  if (current.base != nullptr) record::RecordView::open(current.base, current.size, view);
  return view;
}

// Nobody would miss this record: see record::kTellingChildren.
static bool hasNothingToTell() {
  const auto claimed = [](Table table) {
    return current.header->tables[static_cast<std::uint32_t>(table)].claimed.load(std::memory_order_relaxed);
  };
  return child_number > record::kTellingChildren && claimed(Table::kRequests) == 1 &&
         claimed(Table::kEvents) == 1 && claimed(Table::kThreads) == 2;
}

void setLife(record::LifeCycle life, int exit_code) {
  if (current.header == nullptr) return;
  if ((life == record::LifeCycle::kExited || life == record::LifeCycle::kQuickExited) && hasNothingToTell()) {
    sys::call(SYS_unlinkat, AT_FDCWD, sys::asLong(current.path), 0);
  }
  if (!isPassive()) noteTimes();
  current.header->exit_code.store(exit_code, std::memory_order_relaxed);
  current.header->ended_ns.store(nowNs(), std::memory_order_relaxed);
  current.header->life.store(static_cast<std::uint32_t>(life), std::memory_order_release);
}

void noteTrouble(record::Trouble trouble) {
  if (current.header != nullptr) current.header->troubles.fetch_or(trouble, std::memory_order_relaxed);
}

}  // namespace gridlock::runtime
