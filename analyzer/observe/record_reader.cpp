// See record_reader.h.
#include "analyzer/observe/record_reader.h"

#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

#include "analyzer/observe/contention.h"
#include "analyzer/observe/event_findings.h"
#include "analyzer/observe/lock_classes.h"
#include "analyzer/observe/order_edges.h"
#include "analyzer/observe/record_file.h"
#include "analyzer/observe/sections.h"
#include "analyzer/observe/stacks.h"
#include "analyzer/observe/symbolizer.h"
#include "analyzer/observe/threads.h"
#include "analyzer/observe/verdict.h"

namespace gridlock::observe {
namespace {

namespace fs = std::filesystem;
using record::Index;
using record::LifeCycle;

std::string rfc3339(std::uint64_t realtime_ns) {
  const auto seconds = static_cast<time_t>(realtime_ns / 1'000'000'000);
  struct tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr || parts.tm_year > 8000) return {};
  char text[40];
  const std::size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%03uZ", static_cast<unsigned>(realtime_ns / 1'000'000 % 1000));
  return std::string(text, length) + fraction;
}

std::vector<std::string> splitByNul(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Whether the process that writes the record still runs: its pid may belong to another one by now.
bool isRunning(const record::Header& header) {
  std::ifstream in("/proc/" + std::to_string(header.pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return false;
  std::istringstream fields(text.substr(name_end + 1));
  std::string state;
  fields >> state;
  if (state == "Z" || state == "X") return false;
  std::string field;
  for (int i = 4; i <= 22; ++i) fields >> field;
  return field == std::to_string(header.process_start);
}

// Signals by which people and CI systems end a program that stands still.
bool endsWhatHangs(int signal) { return signal == SIGKILL || signal == SIGTERM || signal == SIGINT; }

std::uint64_t monotonicNow() {
  struct timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

constexpr std::pair<record::Table, const char*> kTableNames[] = {
    {record::Table::kThreads, "threads"},   {record::Table::kSegments, "segments"},
    {record::Table::kLocks, "locks"},       {record::Table::kFrames, "frames"},
    {record::Table::kModules, "modules"},   {record::Table::kText, "text"},
    {record::Table::kHeld, "held"},         {record::Table::kChains, "chains"},
    {record::Table::kRequests, "requests"}, {record::Table::kSections, "sections"},
    {record::Table::kEvents, "events"}};

class Reader {
 public:
  explicit Reader(const ReadOptions& options)
      : options_(options),
        symbolizer_(options.base),
        sites_(report_, symbolizer_),
        classes_(report_),
        edges_(report_) {
    report_.tool_version = model::toolVersion();
  }

  // `last_image`: no later record is of the same process, which so did not replace itself by exec.
  void add(const RecordFile& file, bool last_image);
  model::Report take() { return std::move(report_); }

 private:
  model::Run& addRun(const RecordFile& file, bool running, bool last_image, const KnownProcess* known);
  void addSegments(const RecordFile& file, const Threads& threads, model::Id first);
  void addWaits(const RecordFile& file, StackReader& stacks, LockClasses& locks, Threads& threads,
                const std::vector<DeadlockMember>& deadlocked, std::uint64_t now);

  const ReadOptions& options_;
  model::Report report_;
  Symbolizer symbolizer_;
  SiteTable sites_;
  ClassTable classes_;
  EdgeTable edges_;
};

model::Run& Reader::addRun(const RecordFile& file, bool running, bool last_image, const KnownProcess* known) {
  const record::Header& header = file.header();
  model::Run run;
  run.id = static_cast<model::Id>(report_.runs.size());
  run.kind = model::RunKind::Runtime;
  run.command = splitByNul(file.text(header.command_line));
  if (run.command.empty()) run.command.emplace_back(file.text(header.executable));
  run.pid = static_cast<int>(header.pid);
  run.started = rfc3339(header.started_realtime_ns);
  if (header.hold_every > 0) run.hold_every = header.hold_every;

  const std::uint64_t ended = header.ended_ns.load();
  if (ended > header.started_ns) run.seconds = static_cast<double>(ended - header.started_ns) / 1e9;
  model::Exit exit;
  switch (static_cast<LifeCycle>(header.life.load())) {
    case LifeCycle::kExited:
    case LifeCycle::kQuickExited:
      exit.code = header.exit_code.load();
      run.exit = exit;
      break;
    case LifeCycle::kEndedByShim:
      exit.code = header.exit_code.load();
      exit.hung = true;
      run.exit = exit;
      break;
    case LifeCycle::kExeced:
      run.notes.push_back("replaced by another program (exec)");
      break;
    default:
      if (!last_image) {
        run.notes.push_back("replaced by another program (exec)");
      } else if (running) {
        run.complete = false;
        run.notes.push_back("still running when this report was written");
      } else if (known && (known->exit_code || known->signal)) {
        exit.code = known->exit_code;
        exit.signal = known->signal;
        exit.hung = known->hung;
        run.exit = exit;
      } else {
        run.notes.push_back("ended without saying how: killed, crashed, or cut off");
      }
      break;
  }
  if (known) {
    if (!run.seconds) run.seconds = known->seconds;
    run.notes.insert(run.notes.end(), known->notes.begin(), known->notes.end());
    if (run.exit && known->hung) run.exit->hung = true;
    if (run.exit && known->signal) {
      run.exit->signal = known->signal;
      run.exit->code.reset();
    }
  }

  if ((header.flags & (record::kLauncherWatches | record::kForkedChild)) == 0 && !known) {
    run.notes.push_back(
        "started without `gridlock run`: nobody looked from outside for waits inside of libc (stdio, the "
        "loader) and "
        "for pipes, children and locks that other processes hold");
  }

  for (const auto& [table, name] : kTableNames) {
    if (const std::uint32_t dropped = file.dropped(table)) {
      run.dropped[name] = dropped;
      run.complete = false;
    }
  }
  if (const std::uint64_t unseen = header.unseen_requests.load()) {
    run.dropped["unseenRequests"] = unseen;
    run.complete = false;
  }
  const std::uint32_t troubles = header.troubles.load();
  if (troubles & record::kTroubleNoMemory) run.notes.push_back("the shim ran out of memory");
  if (troubles & record::kTroubleRecordFull) {
    run.notes.push_back("the file system of the records was full: what came later is missing");
  }
  if (troubles & record::kTroubleForeignLibc)
    run.notes.push_back("an unknown C library: some locks were not seen");
  if (const std::uint64_t children = header.forked_children.load(); children > record::kTellingChildren) {
    run.notes.push_back(
        "of its " + std::to_string(children) + " forked children that took locks, those beyond the first " +
        std::to_string(record::kTellingChildren) + " are listed only where there is something to tell");
  }
  if (troubles & record::kTroubleChildUnwatched) {
    run.notes.push_back(
        "not covered: a forked child could not make a record (it changed its user, or had no room)");
  }
  if (troubles & record::kTroublePassive) {
    run.notes.push_back("the shim went passive: nothing was recorded from then on");
    run.complete = false;
  }
  report_.runs.push_back(std::move(run));
  return report_.runs.back();
}

void Reader::addSegments(const RecordFile& file, const Threads& threads, model::Id first) {
  const Index count = file.count<record::SegmentRow>();
  std::map<Index, std::size_t> place;
  for (Index i = 1; i < count; ++i) {
    const record::SegmentRow* row = file.valid<record::SegmentRow>(i);
    if (!row) continue;
    const auto thread = threads.id(row->thread);
    if (!thread) continue;
    model::Segment segment;
    segment.id = first + i;
    segment.thread = *thread;
    place[i] = report_.segments.size();
    report_.segments.push_back(std::move(segment));
  }
  for (const auto& [i, at] : place) {
    const record::SegmentRow* row = file.valid<record::SegmentRow>(i);
    for (const Index before : {row->previous, row->other}) {
      // A segment begins after those it follows, so they have lower indices: no cycle gets through.
      if (before == record::kNone || before >= i) continue;
      const auto found = place.find(before);
      if (found == place.end()) continue;
      auto& after = report_.segments[at].after;
      if (std::ranges::find(after, first + before) != after.end()) continue;
      after.push_back(first + before);
      report_.segments[found->second].before.push_back(first + i);
    }
  }
}

// `deadlocked`: their waits may have been seen in the kernel alone.
void Reader::addWaits(const RecordFile& file, StackReader& stacks, LockClasses& locks, Threads& threads,
                      const std::vector<DeadlockMember>& deadlocked, std::uint64_t now) {
  for (Index i = 1; i < file.count<record::ThreadRow>(); ++i) {
    const record::ThreadRow* row = file.valid<record::ThreadRow>(i);
    const auto id = threads.id(i);
    if (!row || !id) continue;
    const auto told = std::ranges::find(deadlocked, i, &DeadlockMember::thread);
    const bool published = row->wait_serial.load() % 2 != 0;
    if (!published && told == deadlocked.end()) continue;
    const auto state = static_cast<record::ThreadState>(row->state.load());
    if (state == record::ThreadState::kExited || state == record::ThreadState::kJoined) continue;
    auto kind = static_cast<record::WaitKind>(row->wait_kind.load());
    Index target = row->wait_for.load();
    std::uint32_t how = row->wait_how.load();
    Index stack = row->wait_stack.load();
    if (!published) {
      kind = told->lock == record::kNone ? record::WaitKind::kJoin : record::WaitKind::kLock;
      target = told->lock == record::kNone ? told->joins : told->lock;
      how = told->mode == model::Mode::Shared ? static_cast<std::uint32_t>(record::Mode::kShared) : 0;
      stack = told->stack;
    }
    model::Wait wait;
    wait.thread = *id;
    wait.timed = static_cast<record::RequestKind>(how >> 8 & 0xff) == record::RequestKind::kTimed;
    wait.stack = stacks.stack(stack);
    const std::uint64_t since = row->wait_since_ns.load();
    if (published && since != 0 && now > since) wait.since_ns = now - since;
    if (kind == record::WaitKind::kJoin) {
      wait.for_lock = locks.ofThread(threads.label(target));
      if (const auto other = threads.id(target)) wait.held_by.push_back(*other);
    } else {
      const auto lock = locks.of(target);
      if (!lock) continue;
      wait.for_lock = *lock;
      wait.any = kind == record::WaitKind::kCondition || kind == record::WaitKind::kSemaphore ||
                 kind == record::WaitKind::kBarrier || kind == record::WaitKind::kFutex;
      const bool shared = modeOf(static_cast<std::uint8_t>(how & 0xff)) == model::Mode::Shared;
      if (!wait.any) {
        for (const Threads::Holder& holder : threads.holders(target)) {
          if (shared && holder.held.mode == model::Mode::Shared) continue;
          const auto other = threads.id(holder.thread);
          if (other && std::ranges::find(wait.held_by, *other) == wait.held_by.end())
            wait.held_by.push_back(*other);
        }
      }
    }
    report_.wait_for.push_back(std::move(wait));
  }
}

void Reader::add(const RecordFile& file, bool last_image) {
  const record::Header& header = file.header();
  const auto life = static_cast<LifeCycle>(header.life.load());
  const auto found = options_.processes.find(static_cast<int>(header.pid));
  const KnownProcess* known = found == options_.processes.end() || !last_image ? nullptr : &found->second;
  const bool running =
      last_image && life == LifeCycle::kRunning && !(known && !known->running) && isRunning(header);

  addRun(file, running, last_image, known);
  const model::Id run = report_.runs.back().id;
  StackReader stacks(file, sites_);
  LockClasses locks(file, stacks, sites_, classes_);
  Threads threads(file, stacks, report_, run);
  const model::Id first_segment = report_.segments.empty() ? 0 : report_.segments.back().id;
  addSegments(file, threads, first_segment);
  for (Index i = 1; i < file.count<record::LockRow>(); ++i) (void)locks.of(i);
  const std::uint64_t witnesses_dropped =
      addOrderEdges({file, stacks, locks, threads, run, first_segment}, edges_);
  if (witnesses_dropped > 0) report_.runs[run].dropped["witnesses"] = witnesses_dropped;
  const std::size_t first_section = report_.critical_sections.size();
  addSections(file, stacks, locks, report_);
  addContention(report_, first_section);

  EventFindings findings(file, stacks, locks, threads, report_);
  findings.addAll();
  const bool ended_well =
      life == LifeCycle::kExited || life == LifeCycle::kQuickExited || life == LifeCycle::kExeced;
  std::uint64_t now = header.ended_ns.load();
  if (now == 0 && known && known->seconds) {
    now = header.started_ns + static_cast<std::uint64_t>(*known->seconds * 1e9);
  }
  if (now == 0 && running) now = monotonicNow();
  for (const bool certain : {true, false}) {  // what was likely at first may have become certain
    for (const OutsideVerdict& verdict : options_.verdicts) {
      if (verdict.file == file.name() && verdict.certain == certain)
        findings.addDeadlock(verdict.members, certain);
    }
  }
  if (!ended_well && !running) {
    for (OutsideVerdict& verdict : verdictsOf(file, now)) {
      findings.addDeadlock(std::move(verdict.members), verdict.certain);
    }
  }
  const bool hung =
      known ? known->hung || (known->signal && endsWhatHangs(*known->signal)) : !ended_well && !running;
  findings.addStuckWaits(now, hung);
  for (std::string& note : findings.notCovered()) report_.runs[run].notes.push_back(std::move(note));

  // A program that was ended on a verdict may have had a handler that ended it well.
  const bool told = known && known->hung && !findings.deadlocked().empty();
  if (told || (!ended_well && (!running || options_.wait_graph_of_running))) {
    addWaits(file, stacks, locks, threads, findings.deadlocked(), now);
  }
}

}  // namespace

model::Report readRecords(const std::vector<const RecordFile*>& records, const ReadOptions& options) {
  using Process = std::pair<std::uint32_t, std::uint64_t>;  // pid and start
  const auto processOf = [](const RecordFile& file) {
    return Process{file.header().pid, file.header().process_start};
  };
  std::map<Process, std::uint32_t> images;
  for (const RecordFile* file : records) {
    std::uint32_t& last = images[processOf(*file)];
    last = std::max(last, file->header().exec_count);
  }
  Reader reader(options);
  for (const RecordFile* file : records)
    reader.add(*file, file->header().exec_count == images.at(processOf(*file)));
  return reader.take();
}

Result<model::Report> readRecords(const std::vector<fs::path>& files_or_folders, const ReadOptions& options) {
  std::vector<fs::path> paths;
  for (const fs::path& given : files_or_folders) {
    std::error_code error;
    if (!fs::is_directory(given, error)) {
      paths.push_back(given);
      continue;
    }
    std::vector<fs::path> inside;
    for (fs::directory_iterator at(given, error), end; !error && at != end; at.increment(error)) {
      if (RecordFile::looksLikeRecord(at->path())) inside.push_back(at->path());
    }
    if (error) return Error{error.message(), given.string()};
    std::ranges::sort(inside);
    paths.insert(paths.end(), inside.begin(), inside.end());
  }
  std::vector<std::unique_ptr<RecordFile>> files;
  for (const fs::path& path : paths) {
    Result<RecordFile> file = RecordFile::open(path);
    if (!file) return file.error();
    files.push_back(std::make_unique<RecordFile>(std::move(*file)));
  }
  // In the order in which the processes began, whatever the files are called.
  std::ranges::stable_sort(files, [](const auto& a, const auto& b) {
    return a->header().started_realtime_ns < b->header().started_realtime_ns;
  });
  std::vector<const RecordFile*> records;
  for (const auto& file : files) records.push_back(file.get());
  return readRecords(records, options);
}

bool holdsRecords(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return RecordFile::looksLikeRecord(path);
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    if (RecordFile::looksLikeRecord(at->path())) return true;
  }
  return false;
}

}  // namespace gridlock::observe
