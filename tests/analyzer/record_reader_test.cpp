// The record reader, from hand-made records: what it makes of good ones, and that broken ones are
// refused with file and place or read as far as they go.
#include "analyzer/observe/record_reader.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>

#include "analyzer/observe/record_file.h"
#include "tests/support/record_builder.h"

// Locks and code that the records below refer to: this test names itself.
pthread_mutex_t test_global_mutex;
namespace test_bank {
pthread_mutex_t ledger;
}
static pthread_mutex_t test_static_mutex;
pthread_mutex_t test_stripes[4];
struct TestShelf {
  int width;
  pthread_mutex_t door;
} test_shelf;

namespace gridlock::observe {
namespace {

using record::EventKind;
using record::Index;
using support::RecordBuilder;

std::uint64_t addressOf(const void* object) { return reinterpret_cast<std::uint64_t>(object); }

model::Report read(const RecordBuilder& builder, const ReadOptions& options = {}) {
  Result<RecordFile> file = RecordFile::over(builder.bytes(), "test.record");
  EXPECT_TRUE(file) << (file ? "" : file.error().text());
  return readRecords(std::vector<const RecordFile*>{&*file}, options);
}

// A folder that is gone when the test is.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "gridlock-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

const model::Lock& lockCalled(const model::Report& report, const std::string& name) {
  for (const model::Lock& lock : report.locks) {
    if (lock.name == name) return lock;
  }
  std::string names;
  for (const model::Lock& lock : report.locks) names += lock.name + ", ";
  ADD_FAILURE() << "no lock is called " << name << " among " << names;
  static const model::Lock kNoLock{};
  return kNoLock;
}

TEST(RecordReader, describesTheRun) {
  RecordBuilder builder;
  builder.header().exit_code = 3;
  builder.header().ended_ns = 1'500'001'000;
  const model::Report report = read(builder);
  ASSERT_EQ(report.runs.size(), 1u);
  const model::Run& run = report.runs[0];
  EXPECT_EQ(run.kind, model::RunKind::Runtime);
  EXPECT_EQ(run.command, (std::vector<std::string>{"app", "--fast"}));
  EXPECT_EQ(run.started, "2023-11-14T22:13:20.000Z");
  EXPECT_DOUBLE_EQ(run.seconds.value_or(0), 1.5);
  ASSERT_TRUE(run.exit);
  EXPECT_EQ(run.exit->code, 3);
  EXPECT_FALSE(run.exit->hung);
  EXPECT_TRUE(run.complete);
  EXPECT_EQ(run.hold_every, 64u);
}

TEST(RecordReader, saysWhatIsMissing) {
  RecordBuilder builder;
  builder.header().tables[static_cast<int>(record::Table::kRequests)].dropped = 7;
  builder.header().troubles = record::kTroubleRecordFull;
  const model::Report report = read(builder);
  EXPECT_EQ(report.runs[0].dropped.at("requests"), 7u);
  EXPECT_FALSE(report.runs[0].complete);
  // Nobody looked from outside; and the disk was full.
  ASSERT_EQ(report.runs[0].notes.size(), 2u);
  EXPECT_NE(report.runs[0].notes[0].find("from outside"), std::string::npos);
  EXPECT_NE(report.runs[0].notes[1].find("full"), std::string::npos);
  builder.header().flags = record::kLauncherWatches;
  EXPECT_EQ(read(builder).runs[0].notes.size(), 1u);
}

TEST(RecordReader, aKilledProgramStillGivesItsRun) {
  RecordBuilder builder;
  builder.header().life = static_cast<std::uint32_t>(record::LifeCycle::kRunning);
  builder.header().ended_ns = 0;
  EXPECT_FALSE(read(builder).runs[0].exit);
  ReadOptions options;
  options.processes[static_cast<int>(builder.header().pid)].signal = 9;
  const model::Report report = read(builder, options);
  ASSERT_TRUE(report.runs[0].exit);
  EXPECT_EQ(report.runs[0].exit->signal, 9);
  EXPECT_TRUE(report.runs[0].complete);
}

TEST(RecordReader, namesGlobalsByTheirSymbol) {
  RecordBuilder builder;
  builder.addOwnModules();
  builder.addThread("app");
  for (const void* lock :
       {static_cast<const void*>(&test_global_mutex), static_cast<const void*>(&test_bank::ledger),
        static_cast<const void*>(&test_static_mutex), static_cast<const void*>(&test_shelf.door),
        static_cast<const void*>(&test_stripes[1]), static_cast<const void*>(&test_stripes[3])}) {
    builder.addLock(addressOf(lock), record::kNone);
  }
  const model::Report report = read(builder);
  EXPECT_TRUE(lockCalled(report, "test_global_mutex").global);
  EXPECT_EQ(lockCalled(report, "test_global_mutex").instances, 1u);
  EXPECT_TRUE(lockCalled(report, "test_bank::ledger").global);
  EXPECT_TRUE(lockCalled(report, "test_shelf.door").global);
  EXPECT_FALSE(lockCalled(report, "test_stripes[]").global);
  EXPECT_EQ(lockCalled(report, "test_stripes[]").instances, 2u);
  const model::Lock& internal = report.locks[2];
  EXPECT_TRUE(internal.name.ends_with("record_reader_test.cpp:test_static_mutex")) << internal.name;
}

// Records with addresses that lie in no module: nothing can be named but by place.
struct Ring {
  RecordBuilder builder;
  Index main = builder.addThread("app");
  Index one = builder.addThread("one", main);
  Index two = builder.addThread("two", main);
  Index a_stack = builder.addStack({0x1010, 0x1000});
  Index b_stack = builder.addStack({0x2010, 0x2000});
  Index a = builder.addLock(0x9000, a_stack);
  Index b = builder.addLock(0x9100, b_stack);
  Ring() { builder.addModule("/nowhere/app", 0x1000, 0x8000, 0); }
};

TEST(RecordReader, namesLocksByPlaceWhenNothingElseIsKnown) {
  Ring ring;
  const model::Report report = read(ring.builder);
  ASSERT_EQ(report.locks.size(), 2u);
  EXPECT_EQ(report.locks[0].name, "mutex first taken at app+0x100f");
  EXPECT_EQ(report.locks[1].name, "mutex first taken at app+0x200f");
}

TEST(RecordReader, derivesAnEdgeFromEachHeldLockWithTheOthersAsGates) {
  Ring ring;
  RecordBuilder& builder = ring.builder;
  const Index c_stack = builder.addStack({0x3010});
  const Index c = builder.addLock(0x9200, c_stack);
  const Index chain_a = builder.addChain(record::kNone, ring.a, ring.a_stack);
  const Index chain_ab = builder.addChain(chain_a, ring.b, ring.b_stack, record::Mode::kShared);
  const Index request = builder.addRequest(ring.one, chain_ab, c, c_stack);
  builder.request(request).count = 5;
  const model::Report report = read(builder);
  ASSERT_EQ(report.lock_order.size(), 2u);
  for (const model::OrderEdge& edge : report.lock_order) {
    EXPECT_EQ(report.locks[edge.to].name, "mutex first taken at app+0x300f");
    EXPECT_EQ(edge.count, 5u);
    EXPECT_TRUE(edge.seen_runtime);
    ASSERT_EQ(edge.witnesses.size(), 1u);
    const model::Witness& witness = edge.witnesses[0];
    EXPECT_TRUE(witness.exact);
    EXPECT_EQ(witness.to_instance, c);
    ASSERT_EQ(witness.held.size(), 1u);
    const bool from_a = edge.from == report.locks[0].id;
    EXPECT_EQ(witness.from_instance, from_a ? ring.a : ring.b);
    EXPECT_EQ(witness.from_mode, from_a ? model::Mode::Exclusive : model::Mode::Shared);
    EXPECT_EQ(witness.held[0].instance, from_a ? ring.b : ring.a);
    ASSERT_TRUE(witness.from_stack && witness.to_stack && witness.segment);
  }
}

TEST(RecordReader, askingAgainForAHeldLockIsNoOrder) {
  Ring ring;
  RecordBuilder& builder = ring.builder;
  const Index chain_a = builder.addChain(record::kNone, ring.a, ring.a_stack);
  const Index chain_ab = builder.addChain(chain_a, ring.b, ring.b_stack);
  builder.addRequest(ring.one, chain_ab, ring.a, ring.a_stack);
  EXPECT_TRUE(read(builder).lock_order.empty());
}

TEST(RecordReader, equalWitnessesAreOne) {
  Ring ring;
  RecordBuilder& builder = ring.builder;
  const Index chain_a = builder.addChain(record::kNone, ring.a, ring.a_stack);
  for (int i = 0; i < 3; ++i) builder.addRequest(ring.one, chain_a, ring.b, ring.b_stack);
  builder.addRequest(ring.two, chain_a, ring.b, ring.b_stack);
  const model::Report report = read(builder);
  ASSERT_EQ(report.lock_order.size(), 1u);
  EXPECT_EQ(report.lock_order[0].count, 4u);
  EXPECT_EQ(report.lock_order[0].witnesses.size(), 2u);
}

TEST(RecordReader, instancesOfOnePlaceAreOneClass) {
  Ring ring;
  RecordBuilder& builder = ring.builder;
  const Index other = builder.addLock(0x9300, ring.a_stack);
  const Index chain = builder.addChain(record::kNone, ring.a, ring.a_stack);
  builder.addRequest(ring.one, chain, other, ring.b_stack);
  const model::Report report = read(builder);
  EXPECT_EQ(report.locks.size(), 2u);
  EXPECT_EQ(report.locks[0].instances, 2u);
  ASSERT_EQ(report.lock_order.size(), 1u);
  EXPECT_EQ(report.lock_order[0].from, report.lock_order[0].to);
  EXPECT_NE(report.lock_order[0].witnesses[0].from_instance, report.lock_order[0].witnesses[0].to_instance);
}

TEST(RecordReader, keepsStartAndJoinOrder) {
  Ring ring;
  RecordBuilder& builder = ring.builder;
  const Index start = builder.thread(ring.main).segment.load();
  const Index child = builder.thread(ring.one).segment.load();
  const Index joined = builder.addSegment(ring.main, start, child);
  const model::Report report = read(builder);
  const model::Segment* after_join = nullptr;
  for (const model::Segment& segment : report.segments) {
    if (segment.id == joined) after_join = &segment;
  }
  ASSERT_NE(after_join, nullptr);
  EXPECT_EQ(after_join->after, (std::vector<model::Id>{start, child}));
}

TEST(RecordReader, mergesSectionsOfAllThreads) {
  Ring ring;
  RecordBuilder& builder = ring.builder;
  const Index first = builder.addSection(ring.one, ring.a, ring.a_stack, 900);
  const Index second = builder.addSection(ring.two, ring.a, ring.a_stack, 100);
  for (const Index i : {first, second}) {
    record::SectionRow& row = builder.section(i);
    row.sampled = 10;
    row.hold_total_ns = 10'000;
    row.hold_max_ns = i == first ? 4'000 : 9'000;
    row.hold_histogram[3] = 9;  // 512 to 1023 ns
    row.hold_histogram[6] = 1;  // 4096 to 8191 ns
    row.contended = 2;
    row.wait_total_ns = 500;
    row.wait_max_ns = 300;
  }
  const model::Report report = read(builder);
  ASSERT_EQ(report.critical_sections.size(), 1u);
  const model::CriticalSection& section = report.critical_sections[0];
  EXPECT_EQ(section.count, 1000u);
  EXPECT_TRUE(section.estimated);
  ASSERT_TRUE(section.hold_ns && section.wait_ns);
  EXPECT_EQ(section.hold_ns->total, 1'000'000u);
  EXPECT_EQ(section.hold_ns->max, 9'000u);
  EXPECT_GE(*section.hold_ns->p50, 512u);
  EXPECT_LT(*section.hold_ns->p50, 1024u);
  EXPECT_GE(*section.hold_ns->p99, 4096u);
  EXPECT_EQ(section.contended, 4u);
  EXPECT_EQ(section.wait_ns->total, 1000u);
  EXPECT_EQ(section.wait_ns->max, 300u);
}

void makeDeadlock(Ring& ring) {
  RecordBuilder& builder = ring.builder;
  builder.header().life = static_cast<std::uint32_t>(record::LifeCycle::kEndedByShim);
  builder.header().exit_code = 66;
  const Index chain_a = builder.addChain(record::kNone, ring.a, ring.a_stack);
  const Index chain_b = builder.addChain(record::kNone, ring.b, ring.b_stack);
  const Index wait_b = builder.addStack({0x4010});
  const Index wait_a = builder.addStack({0x5010});
  builder.hold(ring.one, ring.a, ring.a_stack);
  builder.hold(ring.two, ring.b, ring.b_stack);
  builder.wait(ring.one, ring.b, wait_b);
  builder.wait(ring.two, ring.a, wait_a);
  const Index one = builder.addEvent(EventKind::kDeadlock, ring.one, ring.b, wait_b);
  builder.event(one).chain = chain_a;
  builder.event(one).other_thread = ring.two;
  builder.event(one).group = 1;
  const Index two = builder.addEvent(EventKind::kDeadlock, ring.two, ring.a, wait_a);
  builder.event(two).chain = chain_b;
  builder.event(two).other_thread = ring.one;
  builder.event(two).group = 1;
}

TEST(RecordReader, tellsADeadlockFromBothSides) {
  Ring ring;
  makeDeadlock(ring);
  const model::Report report = read(ring.builder);
  ASSERT_EQ(report.findings.size(), 1u);
  const model::Finding& finding = report.findings[0];
  EXPECT_EQ(finding.rule, model::Rule::Deadlock);
  EXPECT_EQ(finding.severity, model::Severity::Error);
  EXPECT_EQ(finding.threads.size(), 2u);
  EXPECT_EQ(finding.locks.size(), 2u);
  EXPECT_EQ(finding.locations.size(), 4u);
  EXPECT_EQ(finding.steps.size(), 4u);
  EXPECT_TRUE(finding.coffman);
  for (const char* part : {"thread 1 (one) waits for `mutex first taken at app+0x200f` at app+0x400f",
                           "which thread 2 (two) took at app+0x200f", "thread 2 (two) waits for"}) {
    EXPECT_NE(finding.message.find(part), std::string::npos) << finding.message;
  }
  ASSERT_TRUE(report.runs[0].exit);
  EXPECT_TRUE(report.runs[0].exit->hung);
  ASSERT_EQ(report.wait_for.size(), 2u);
  ASSERT_EQ(report.wait_for[0].held_by.size(), 1u);
  EXPECT_NE(report.wait_for[0].thread, report.wait_for[0].held_by[0]);
}

TEST(RecordReader, aWatchersVerdictIsTheSameFinding) {
  Ring ring;
  makeDeadlock(ring);
  const std::string told = read(ring.builder).findings[0].message;
  const Index wait_b = ring.builder.event(1).stack;
  const Index wait_a = ring.builder.event(2).stack;
  ring.builder.event(1).state = 0;
  ring.builder.event(2).state = 0;
  // One of them sleeps in the kernel without having published its wait.
  ring.builder.thread(ring.one).wait_serial = 2;
  ring.builder.thread(ring.one).wait_stack = record::kNone;
  ReadOptions options;
  DeadlockMember one{.thread = ring.one, .lock = ring.b, .stack = wait_b, .held = {{ring.a}}};
  one.held[0].stack = ring.a_stack;
  DeadlockMember two{.thread = ring.two, .lock = ring.a, .stack = wait_a, .held = {{ring.b}}};
  two.held[0].stack = ring.b_stack;
  options.verdicts.push_back({"test.record", {one, two}});
  const model::Report report = read(ring.builder, options);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].message, told);
  EXPECT_EQ(report.wait_for.size(), 2u);
}

TEST(RecordReader, oneThreadThatWaitsForItselfIsASelfDeadlock) {
  Ring ring;
  RecordBuilder& builder = ring.builder;
  const Index wait = builder.addStack({0x4010});
  const Index event = builder.addEvent(EventKind::kSelfDeadlock, ring.one, ring.a, wait);
  builder.event(event).other_thread = ring.one;
  builder.event(event).group = 1;
  builder.hold(ring.one, ring.a, ring.a_stack);
  const model::Report report = read(builder);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].rule, model::Rule::SelfDeadlock);
  EXPECT_NE(report.findings[0].message.find("which it itself took at app+0x100f"), std::string::npos)
      << report.findings[0].message;
}

TEST(RecordReader, misuseBecomesFindingsOnceEach) {
  const std::pair<EventKind, model::Rule> kCases[] = {
      {EventKind::kUnlockNotHeld, model::Rule::UnlockNotHeld},
      {EventKind::kUnlockByOther, model::Rule::UnlockNotHeld},
      {EventKind::kNotReleased, model::Rule::LockNotReleased},
      {EventKind::kDestroyHeld, model::Rule::DestroyLocked},
      {EventKind::kDestroyWaited, model::Rule::DestroyLocked},
      {EventKind::kUseDestroyed, model::Rule::UseOfInvalidLock},
      {EventKind::kUseUninitialised, model::Rule::UseOfInvalidLock},
      {EventKind::kInitTwice, model::Rule::UseOfInvalidLock},
      {EventKind::kWaitWithoutMutex, model::Rule::WrongMutex},
      {EventKind::kWaitOtherMutex, model::Rule::WrongMutex},
      {EventKind::kRecursiveRead, model::Rule::RecursiveRead},
      {EventKind::kLostWakeup, model::Rule::LostWakeup},
      {EventKind::kBlockingWhileLocked, model::Rule::BlockingWhileLocked},
      {EventKind::kForkWhileLocked, model::Rule::ForkWhileLocked},
      {EventKind::kSignalUnsafeLock, model::Rule::SignalUnsafeLock},
      {EventKind::kStarvation, model::Rule::Starvation},
      {EventKind::kLivelock, model::Rule::Livelock},
      {EventKind::kWaitWhileHolding, model::Rule::WaitWhileHolding},
  };
  for (const auto& [kind, rule] : kCases) {
    Ring ring;
    RecordBuilder& builder = ring.builder;
    const Index here = builder.addStack({0x6010});
    for (int i = 0; i < 2; ++i) {
      const Index event = builder.addEvent(kind, ring.one, ring.a, here);
      builder.event(event).other_thread = ring.two;
      builder.event(event).other_lock = ring.b;
      builder.event(event).other_stack = ring.a_stack;
    }
    const model::Report report = read(builder);
    ASSERT_EQ(report.findings.size(), 1u) << static_cast<int>(kind);
    const model::Finding& finding = report.findings[0];
    EXPECT_EQ(finding.rule, rule) << static_cast<int>(kind);
    EXPECT_NE(finding.message.find("app+0x600f"), std::string::npos) << finding.message;
    EXPECT_EQ(finding.message.find("0x9000"), std::string::npos) << finding.message;
    EXPECT_FALSE(finding.locations.empty());
    EXPECT_FALSE(finding.reason.empty());
  }
}

TEST(RecordReader, readsTheRecordsOfAFolderInTheOrderOfTheirStart) {
  Folder folder;
  RecordBuilder late;
  late.header().started_realtime_ns += 1'000'000'000;
  late.header().exit_code = 2;
  late.write(folder / "a");
  RecordBuilder early;
  early.header().exit_code = 1;
  early.write(folder / "b");
  std::ofstream(folder / "notes.txt") << "not a record";
  Result<model::Report> report = readRecords({folder.path()});
  ASSERT_TRUE(report);
  ASSERT_EQ(report->runs.size(), 2u);
  EXPECT_EQ(report->runs[0].exit->code, 1);
  EXPECT_EQ(report->runs[1].exit->code, 2);
  EXPECT_TRUE(holdsRecords(folder.path()));
}

TEST(RecordReader, anImageThatWasReplacedByExecDidNotEnd) {
  Folder folder;
  for (const std::uint32_t image : {0u, 1u}) {
    RecordBuilder builder;
    builder.header().exec_count = image;
    builder.header().started_realtime_ns += image;
    builder.header().life = static_cast<std::uint32_t>(record::LifeCycle::kRunning);
    builder.write(folder / std::to_string(image));
  }
  ReadOptions options;
  options.processes[0x3ffffff0].exit_code = 9;
  Result<model::Report> report = readRecords({folder.path()}, options);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->runs.size(), 2u);
  EXPECT_FALSE(report->runs[0].exit);
  EXPECT_NE(report->runs[0].notes[0].find("exec"), std::string::npos);
  ASSERT_TRUE(report->runs[1].exit);
  EXPECT_EQ(report->runs[1].exit->code, 9);
}

TEST(RecordReader, refusesWhatIsNoRecordWithFileAndPlace) {
  Folder folder;
  Ring ring;
  const auto expectRefused = [&](const std::string& what) {
    Result<model::Report> report = readRecords({folder / "r"});
    ASSERT_FALSE(report) << what;
    EXPECT_EQ(report.error().file, (folder / "r").string());
    EXPECT_NE(report.error().text().find(what), std::string::npos) << report.error().text();
  };
  ring.builder.header().version = record::kVersion + 1;
  ring.builder.write(folder / "r");
  expectRefused("offset 0x8: a flight record of version " + std::to_string(record::kVersion + 1));
  ring.builder.header().version = record::kVersion;
  ring.builder.header().magic ^= 1;
  ring.builder.write(folder / "r");
  expectRefused("not a flight record");
  ring.builder.header().magic ^= 1;
  ring.builder.header().tables[2].row_size = 63;
  ring.builder.write(folder / "r");
  expectRefused("table locks");
  std::ofstream(folder / "r") << "short";
  expectRefused("not a flight record");
  std::filesystem::remove(folder / "r");
  expectRefused("No such file");
}

TEST(RecordReader, aRecordThatIsCutOffIsRefusedAtEachTable) {
  Folder folder;
  Ring ring;
  makeDeadlock(ring);
  ring.builder.addSection(ring.one, ring.a, ring.a_stack, 1);
  for (int table = 0; table < static_cast<int>(record::Table::kCount); ++table) {
    ring.builder.write(folder / "r");
    const record::TableInfo& info = ring.builder.header().tables[table];
    const std::uint64_t end = info.offset + std::uint64_t{info.row_size} * info.claimed.load();
    std::filesystem::resize_file(folder / "r", end - 1);
    Result<model::Report> report = readRecords({folder / "r"});
    ASSERT_FALSE(report) << table;
    EXPECT_NE(report.error().text().find("ends before"), std::string::npos) << report.error().text();
  }
}

TEST(RecordReader, rowsThatPointAtThemselvesEnd) {
  Ring ring;
  makeDeadlock(ring);
  RecordBuilder& builder = ring.builder;
  builder.frame(ring.a_stack).parent = ring.a_stack;
  builder.chain(1).parent = 1;
  builder.held(1).older = 1;
  builder.thread(ring.one).held_count = 1'000'000;
  builder.segment(2).previous = 2;
  builder.segment(1).previous = 3;
  builder.segment(3).previous = 1;
  builder.addRequest(ring.one, 1, ring.b, ring.b_stack);
  const model::Report report = read(builder);
  EXPECT_FALSE(report.threads.empty());
}

// Random damage of every kind, always the same: nothing may crash, hang or read outside.
TEST(RecordReader, survivesRandomDamage) {
  Ring ring;
  makeDeadlock(ring);
  RecordBuilder& builder = ring.builder;
  const Index chain_a = builder.addChain(record::kNone, ring.a, ring.a_stack);
  builder.addRequest(ring.one, chain_a, ring.b, ring.b_stack);
  builder.addSection(ring.one, ring.a, ring.a_stack, 5);
  const std::vector<std::byte> good(builder.bytes().begin(), builder.bytes().end());

  // Rows in use, where damage matters.
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < sizeof(record::Header); ++i) places.push_back(i);
  for (const record::TableInfo& info : builder.header().tables) {
    const std::size_t used = std::size_t{info.row_size} * info.claimed.load();
    for (std::size_t i = 0; i < used; ++i) places.push_back(info.offset + i);
  }
  std::mt19937 random(20240601);
  int readable = 0;
  for (int round = 0; round < 3000; ++round) {
    std::memcpy(builder.bytes().data(), good.data(), good.size());
    const int damages = 1 + static_cast<int>(random() % 8);
    for (int i = 0; i < damages; ++i) {
      const std::size_t place = places[random() % places.size()];
      builder.bytes()[place] = static_cast<std::byte>(random() % 4 == 0 ? 0xff : random() & 0xff);
    }
    Result<RecordFile> file = RecordFile::over(builder.bytes(), "damaged");
    if (!file) continue;
    ++readable;
    (void)readRecords(std::vector<const RecordFile*>{&*file});
  }
  EXPECT_GT(readable, 500);
}

}  // namespace
}  // namespace gridlock::observe
