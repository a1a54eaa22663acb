// See process.h.
#include "analyzer/observe/process.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "analyzer/observe/outside_waits.h"
#include "analyzer/observe/process_image.h"
#include "analyzer/observe/record_file.h"
#include "analyzer/observe/record_image.h"
#include "analyzer/observe/record_reader.h"
#include "analyzer/observe/symbolizer.h"
#include "analyzer/observe/unwinder.h"
#include "analyzer/observe/verdict.h"
#include "gridlock/record_view.h"

namespace gridlock::observe {
namespace {

using record::Index;

constexpr auto kBetweenLooks = std::chrono::milliseconds(100);
constexpr int kMostLooks = 5;
constexpr std::size_t kMostProcesses = 256;
constexpr std::size_t kInnermost = 8;

// Each process has addresses of its own; in one record they are kept apart by bits that no address has.
std::uint64_t shiftOf(std::size_t process) { return static_cast<std::uint64_t>(process) << 48; }

class Look {
 public:
  // Takes over what it is given, and follows the waits of living processes to further ones.
  Status take(std::vector<std::unique_ptr<ProcessImage>> processes) {
    processes_ = std::move(processes);
    for (std::size_t i = 0; i < processes_.size(); ++i) addProcess(i);
    for (std::size_t i = 0; i < threads_.size(); ++i) connect(i);
    findInitialisers();
    leaveUnownedToAnybody();
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      if (threads_[i].wait) image_.thread(threads_[i].row).stack = stackRow(i);
    }
    const ProcessImage& first = *processes_.front();
    image_.process = {static_cast<std::uint32_t>(first.pid), static_cast<std::uint32_t>(first.parent),
                      first.started_ticks, first.executable, first.command};
    Result<RecordFile> file = RecordFile::over(image_.bytes(), "process " + std::to_string(first.pid));
    if (!file) return file.error();
    file_ = std::make_unique<RecordFile>(std::move(*file));
    return ok();
  }

  // What can never go on, by this look alone.
  std::vector<OutsideVerdict> solve() {
    std::vector<OutsideVerdict> out;
    record::RecordView view;
    const auto bytes = file_->bytes();
    if (record::RecordView::open(bytes.data(), bytes.size(), view) != record::ViewError::kOk) return out;
    record::Outside outside;
    // Waits that anybody may end: within one process, all of whose threads are here.
    outside.others_may_act =
        std::ranges::any_of(processes_, [](const auto& one) { return one->handlers_may_run; });
    outside.asleep = [](void*, const record::ThreadRow&) { return true; };
    std::vector<std::uint64_t> memory(record::WaitGraph::bytesFor(view) / sizeof(std::uint64_t) + 1);
    record::WaitGraph graph;
    record::Verdict verdict;
    if (graph.find(view, outside, memory.data(), memory.size() * sizeof(std::uint64_t), verdict) !=
        record::Look::kStuck) {
      return out;
    }
    const bool alone = !outside.others_may_act && !verdict.anybody_acts;
    std::map<std::uint32_t, OutsideVerdict> groups;
    std::set<std::uint32_t> ended_otherwise;
    for (std::uint32_t i = 0; i < verdict.count; ++i) {
      const record::StuckThread& stuck = verdict.stuck[i];
      if (stuck.group == 0) continue;
      // Who runs on may end a process that waits for a child or a pipe: that is how such waits are often
      // ended.
      if (verdict.anybody_acts && waitsForProcess(stuck)) {
        ended_otherwise.insert(stuck.group);
        continue;
      }
      OutsideVerdict& group = groups[stuck.group];
      group.file = file_->name();
      group.certain = group.certain && record::ripenessOf(view, stuck, alone, 0) == record::Ripeness::kProven;
      group.members.push_back(memberOf(*file_, stuck));
    }
    for (auto& [number, group] : groups) {
      if (!ended_otherwise.contains(number)) out.push_back(std::move(group));
    }
    return out;
  }

  // Leaves the verdicts whose threads have not run since, and are in the same calls.
  void keepThoseThatStand(std::vector<OutsideVerdict>& verdicts) const {
    std::map<int, std::unique_ptr<ProcessImage>> now;
    std::erase_if(verdicts, [&](const OutsideVerdict& verdict) {
      return !std::ranges::all_of(verdict.members, [&](const DeadlockMember& member) {
        const auto at = std::ranges::find(threads_, member.thread, &Thread::row);
        if (at == threads_.end()) return false;
        const ProcessImage& before = *processes_[at->process];
        auto& after = now[before.pid];
        if (!after) {
          Result<std::unique_ptr<ProcessImage>> again = readLiveProcess(before.pid);
          if (!again) return false;
          after = std::move(*again);
        }
        const ImageThread& then = before.threads[at->thread];
        const auto same = std::ranges::find(after->threads, then.outer_tid, &ImageThread::outer_tid);
        return same != after->threads.end() && same->in_call && same->call == then.call &&
               same->switches == then.switches && same->arguments == then.arguments;
      });
    });
  }

  const RecordFile& file() const { return *file_; }
  std::string others() const {
    std::string out;
    for (std::size_t i = 1; i < processes_.size(); ++i) {
      out += (i > 1 ? ", " : "") + std::to_string(processes_[i]->pid);
      if (!processes_[i]->executable.empty())
        out += " (" + std::filesystem::path(processes_[i]->executable).filename().string() + ")";
    }
    return out;
  }

 private:
  struct Thread {
    std::size_t process = 0;
    std::size_t thread = 0;
    Index row = record::kNone;
    std::vector<std::uint64_t> stack;
    std::vector<std::string> functions;  // one a frame
    std::set<std::string> inlined;       // and those that were inlined into them
    std::optional<OutsideWait> wait;
  };

  bool waitsForProcess(const record::StuckThread& stuck) const {
    const auto at = std::ranges::find(threads_, stuck.thread, &Thread::row);
    if (at == threads_.end() || !at->wait) return false;
    if (at->wait->lock_kind == record::LockKind::kPipe) return true;
    // The lock of a file belongs to all who inherited its opening: any of them may release it.
    const bool between = (at->wait->flags & record::kProcessShared) != 0;
    if (at->wait->lock_kind == record::LockKind::kFile && between) return true;
    const auto joined = std::ranges::find(threads_, stuck.wait_for, &Thread::row);
    return stuck.wait_kind == record::WaitKind::kJoin && joined != threads_.end() &&
           joined->process != at->process;
  }

  void addProcess(std::size_t number) {
    ProcessImage& process = *processes_[number];
    for (const ImageModule& module : process.modules) {
      image_.addModule({module.begin + shiftOf(number), module.end + shiftOf(number),
                        module.bias + shiftOf(number), module.path});
    }
    Unwinder unwinder(process);
    std::vector<int> further;
    for (std::size_t i = 0; i < process.threads.size(); ++i) {
      const ImageThread& from = process.threads[i];
      Thread thread;
      thread.process = number;
      thread.thread = i;
      thread.stack = unwinder.stack(from);
      for (const std::uint64_t address : thread.stack) addFunctions(process, address, thread);
      std::vector<std::string> inner(thread.functions.begin(),
                                     thread.functions.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                    kInnermost, thread.functions.size())));
      thread.wait = futexWait(process, from, inner);
      if (!thread.wait && process.alive) {
        thread.wait = processWait(process, from);
        // A handler may interrupt such a call, and do anything.
        if (thread.wait && process.handlers_may_run) thread.wait->timed = true;
      }
      RecordImage::Thread row;
      row.tid = static_cast<std::uint32_t>(from.outer_tid);
      row.name = from.name;
      row.main = i == 0 && number == 0;
      if (i == 0 && number > 0) row.name = from.name.substr(0, 7) + " " + std::to_string(process.pid);
      thread.row = image_.addThread(std::move(row));
      rows_[from.outer_tid] = thread.row;
      if (thread.wait) {
        further.insert(further.end(), thread.wait->owners.begin(), thread.wait->owners.end());
        if (thread.wait->joins != 0) further.push_back(thread.wait->joins);
      }
      threads_.push_back(std::move(thread));
    }
    if (!process.alive) return;
    for (const int tid : further) {
      const int pid = processOfThread(tid);
      if (pid == 0 || processes_.size() >= kMostProcesses ||
          std::ranges::any_of(processes_, [&](const auto& one) { return one->pid == pid; })) {
        continue;
      }
      // One that cannot be read is one that may act.
      if (auto other = readLiveProcess(pid)) processes_.push_back(std::move(*other));
    }
  }

  void addFunctions(const ProcessImage& process, std::uint64_t return_address, Thread& to) {
    const ImageModule* module = process.moduleAt(return_address - 1);
    if (module == nullptr) {
      to.functions.emplace_back();
      return;
    }
    const CodePlace& place = symbolizer_.code(module->path, return_address - 1 - module->bias);
    to.functions.push_back(place.frames.back().function);
    for (const CodeFrame& frame : place.frames) to.inlined.insert(frame.function);
  }

  // The function with the static local: the innermost one inlined into the frame that called.
  std::string callerOfGuard(const Thread& waiter, std::size_t guard_frame) {
    const ProcessImage& process = *processes_[waiter.process];
    const std::uint64_t address = waiter.stack[guard_frame + 1] - 1;
    const ImageModule* module = process.moduleAt(address);
    return module == nullptr ? std::string()
                             : symbolizer_.code(module->path, address - module->bias).frames.front().function;
  }

  Index stackRow(std::size_t number) {
    std::vector<std::uint64_t> addresses = threads_[number].stack;
    for (std::uint64_t& address : addresses) address += shiftOf(threads_[number].process);
    return image_.addStack(addresses);
  }

  Index lockRow(std::size_t number) {
    const Thread& thread = threads_[number];
    const OutsideWait& wait = *thread.wait;
    const std::string key = !wait.identity.empty()
                                ? wait.identity
                                : std::to_string(thread.process) + ":" + std::to_string(wait.address);
    const auto [at, fresh] = locks_.try_emplace(key, record::kNone);
    if (fresh) {
      at->second = image_.addLock({wait.lock_kind, wait.flags,
                                   wait.address == 0 ? 0 : wait.address + shiftOf(thread.process),
                                   stackRow(number), wait.name});
    }
    return at->second;
  }

  void hold(Index thread, Index lock, record::Mode mode) {
    auto& held = image_.thread(thread).held;
    if (std::ranges::find(held, lock, &std::pair<Index, record::Mode>::first) == held.end())
      held.emplace_back(lock, mode);
  }

  // Writes the wait of a thread into its row, and what it waits for into the rows of the owners.
  void connect(std::size_t number) {
    const Thread& thread = threads_[number];
    if (!thread.wait) return;
    const OutsideWait& wait = *thread.wait;
    RecordImage::Thread& row = image_.thread(thread.row);
    row.wait_kind = wait.kind;
    row.address = wait.address;
    row.how =
        static_cast<std::uint32_t>(wait.mode == model::Mode::Shared ? record::Mode::kShared
                                                                    : record::Mode::kExclusive) |
        static_cast<std::uint32_t>(wait.timed ? record::RequestKind::kTimed : record::RequestKind::kBlocking)
            << 8;
    if (wait.kind == record::WaitKind::kJoin) {
      const auto joined = rows_.find(wait.joins);
      if (joined == rows_.end()) {
        row.wait_kind = record::WaitKind::kNone;
      } else {
        row.wait_for = joined->second;
      }
      return;
    }
    const Index lock = lockRow(number);
    row.wait_for = lock;
    for (const int owner : wait.owners) {
      if (const auto holder = rows_.find(owner); holder != rows_.end()) {
        hold(holder->second, lock, record::Mode::kExclusive);
      }
    }
  }

  // Nobody writes down who runs an initialiser: it is the thread whose stack is inside, called from the same
  // place.
  void findInitialisers() {
    for (const Thread& waiter : threads_) {
      if (!waiter.wait || waiter.wait->kind != record::WaitKind::kOnce) continue;
      std::string place;
      for (std::size_t i = 0; i + 1 < waiter.functions.size() && place.empty(); ++i) {
        const std::string& name = waiter.functions[i];
        if (name.find("__cxa_guard_acquire") != std::string::npos) place = callerOfGuard(waiter, i);
        if (name.find("pthread_once") != std::string::npos || name.find("call_once") != std::string::npos)
          place = name;
      }
      if (place.empty()) continue;
      const Thread* owner = nullptr;
      bool several = false;
      for (const Thread& other : threads_) {
        const bool waits_there = other.wait && other.wait->address == waiter.wait->address;
        if (other.process != waiter.process || waits_there) continue;
        if (std::ranges::find(other.functions, place) == other.functions.end() &&
            !other.inlined.contains(place))
          continue;
        several = owner != nullptr;
        owner = &other;
      }
      if (owner != nullptr && !several) {
        hold(owner->row, image_.thread(waiter.row).wait_for, record::Mode::kExclusive);
      }
    }
  }

  // A lock whose owner is not known may be released by anybody: by somebody who can act, that is.
  void leaveUnownedToAnybody() {
    std::set<Index> owned;
    for (const Thread& thread : threads_) {
      for (const auto& [lock, mode] : image_.thread(thread.row).held) owned.insert(lock);
    }
    for (const Thread& thread : threads_) {
      RecordImage::Thread& row = image_.thread(thread.row);
      const bool on_lock =
          row.wait_kind == record::WaitKind::kLock || row.wait_kind == record::WaitKind::kOnce;
      if (on_lock && !owned.contains(row.wait_for)) row.wait_kind = record::WaitKind::kFutex;
    }
  }

  std::vector<std::unique_ptr<ProcessImage>> processes_;
  std::vector<Thread> threads_;
  std::map<int, Index> rows_;  // by thread id as we see it
  std::map<std::string, Index> locks_;
  RecordImage image_;
  std::unique_ptr<RecordFile> file_;
  Symbolizer symbolizer_;
};

model::Report reportOf(const Look& look, std::vector<OutsideVerdict> verdicts, model::RunKind kind) {
  ReadOptions options;
  options.verdicts = std::move(verdicts);
  model::Report report = readRecords(std::vector<const RecordFile*>{&look.file()}, options);
  for (model::Run& run : report.runs) {
    run.kind = kind;
    run.hold_every.reset();
    run.complete = true;  // a look is all that was asked for
    run.notes.clear();
    if (const std::string others = look.others(); !others.empty())
      run.notes.push_back("also looked at, because a wait leads there: " + others);
  }
  return report;
}

}  // namespace

Result<model::Report> attachTo(const std::vector<int>& pids, bool only_certain) {
  for (int round = 1;; ++round) {
    std::vector<std::unique_ptr<ProcessImage>> processes;
    for (const int pid : pids) {
      if (pid == getpid()) return Error{"that is this very command", std::to_string(pid)};
      Result<std::unique_ptr<ProcessImage>> process = readLiveProcess(pid);
      if (!process) return process.error();
      processes.push_back(std::move(*process));
    }
    Look look;
    if (Status status = look.take(std::move(processes)); !status) return status.error();
    std::vector<OutsideVerdict> verdicts = look.solve();
    if (only_certain) std::erase_if(verdicts, [](const OutsideVerdict& verdict) { return !verdict.certain; });
    const std::size_t seen = verdicts.size();
    if (seen != 0) {
      std::this_thread::sleep_for(kBetweenLooks);
      look.keepThoseThatStand(verdicts);
    }
    if (verdicts.size() == seen || round == kMostLooks)
      return reportOf(look, std::move(verdicts), model::RunKind::Attach);
  }
}

Result<model::Report> readCore(const std::filesystem::path& file) {
  Result<std::unique_ptr<ProcessImage>> process = readCoreFile(file);
  if (!process) return process.error();
  std::vector<std::unique_ptr<ProcessImage>> processes;
  processes.push_back(std::move(*process));
  Look look;
  if (Status status = look.take(std::move(processes)); !status) return status.error();
  return reportOf(look, look.solve(), model::RunKind::Core);
}

}  // namespace gridlock::observe
