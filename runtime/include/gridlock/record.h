// The flight record: the only state of the shim, laid out in one mapped file.
//
// One process image writes it (runtime/core); the launcher and the analyzer read it, while the
// process runs or after it died in any way. It holds raw addresses only: symbols, source lines
// and cycles are the reader's business. This header is the whole contract between the two sides;
// it is freestanding and includes nothing of the project.
//
//   file:  | Header | table 0 rows … | table 1 rows … | … |      (sparse up to its maximum)
//
// Rules
//  - Rows are of fixed size and point to one another by index. Index 0 of every table is reserved
//    and means "none".
//  - A row is claimed by advancing TableInfo::claimed, filled, and becomes valid by a release store
//    of its `state` (or of its `key` where there is no state). A reader skips rows whose state
//    is 0: the writer died, or is, between claim and publication.
//  - A reader treats every index, length and enumerator as hostile.
//  - When a table is full the row is counted in TableInfo::dropped and the program goes on.
//  - Each field says who writes it. Unless said otherwise a row is written once, before it becomes
//    valid.
//  - Times are CLOCK_MONOTONIC nanoseconds, unless a name says Realtime.
//
// Raise kVersion whenever a reader of the old layout would misread a file of the new one: a field
// moved, changed its meaning, unit or width, a row grew, a table was inserted before another.
// Adding an enumerator, or using a reserved field whose old value was always 0, does not need it.
// Readers refuse every version but their own.
#pragma once

#include <atomic>
#include <cstdint>

namespace gridlock::record {

inline constexpr std::uint64_t kMagic = 0x314b434f4c445247;  // "GRDLOCK1" read as little-endian
inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::uint32_t kNone = 0;

using Index = std::uint32_t;

// g++ takes an enumerator of a scoped enumeration for a redeclaration.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"

enum class Table : std::uint32_t {
  kThreads,
  kSegments,
  kLocks,
  kFrames,
  kModules,
  kText,  // bytes; row size 1; an index is a byte offset of a TextHeader
  kHeld,  // blocks of a thread's held stack
  kChains,
  kRequests,
  kSections,
  kEvents,
  kCount,
};

struct TableInfo {
  std::uint64_t offset;                // from the start of the file
  std::uint32_t row_size;              // bytes
  std::uint32_t capacity;              // rows, the reserved row 0 included
  std::atomic<std::uint32_t> claimed;  // next free row; starts at 1, may run past capacity
  std::atomic<std::uint32_t> dropped;  // rows that found no room
};

enum class LifeCycle : std::uint32_t {
  kEmpty = 0,
  kRunning = 1,
  kExited = 2,       // exit() or return from main; exit_code is valid
  kQuickExited = 3,  // _exit, _Exit, quick_exit; exit_code is valid
  kExeced = 4,       // this image was replaced by exec
  kEndedByShim = 5,  // the shim ended it on a deadlock; exit_code is valid
};

// Why the shim went passive, or what it could not do. Bits of Header::troubles.
enum Trouble : std::uint32_t {
  kTroubleNoMemory = 1u << 0,
  kTroubleRecordFull = 1u << 1,  // the file system is full: pages could not be claimed
  kTroubleForeignLibc = 1u << 2,
  kTroublePassive = 1u << 3,         // nothing was recorded from then on
  kTroubleChildUnwatched = 1u << 4,  // a forked child could not make a record of its own
};

enum HeaderFlag : std::uint32_t {
  kLauncherWatches = 1u << 0,  // `gridlock run` looks for deadlocks from outside
  kForkedChild = 1u << 1,      // made in a child of fork, not after an exec
};

struct alignas(64) Header {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t header_size;  // sizeof(Header) of the writer
  std::uint32_t table_count;  // Table::kCount of the writer
  std::uint32_t flags;        // HeaderFlag
  std::uint32_t pid;          // as the process itself sees it
  std::uint32_t ppid;
  std::uint32_t exec_count;     // images of this pid before this one
  std::uint32_t hold_every;     // hold times are sampled: one of this many acquisitions
  std::uint64_t process_start;  // field 22 of /proc/self/stat (clock ticks): tells re-used pids apart
  std::uint64_t started_ns;     // when the record was made
  std::uint64_t started_realtime_ns;
  Index executable;                 // kText: path
  Index command_line;               // kText: arguments, each ended by NUL
  Index working_directory;          // kText
  Index session;                    // kText: the session's folder, empty outside of one
  std::atomic<std::uint32_t> life;  // LifeCycle
  std::atomic<std::int32_t> exit_code;
  std::atomic<std::uint64_t> ended_ns;
  std::atomic<std::uint32_t> troubles;         // Trouble
  std::atomic<std::uint32_t> deadlock_groups;  // number of verdicts so far; Event::group counts from 1
  std::atomic<std::uint64_t> unseen_requests;  // requests that came while the shim was passive or full
  std::uint64_t reserved[7];
  std::atomic<std::uint64_t>
      forked_children;  // that made a record; those beyond kTellingChildren may have removed it
  TableInfo tables[static_cast<std::uint32_t>(Table::kCount)];
};

// A program may fork thousands of children that take a lock and end. The first so many of a process keep
// their records; later ones remove theirs at the end when they held no two locks at once and nothing was
// wrong.
inline constexpr std::uint64_t kTellingChildren = 64;

// kText row: this header, then `length` bytes, then padding to 4.
struct TextHeader {
  std::atomic<std::uint32_t> length_plus_one;  // 0: not valid yet
};

// ---------------------------------------------------------------------------------------------
// Locks

enum class LockKind : std::uint8_t {
  kUnknown = 0,
  kMutex,
  kRecursiveMutex,
  kErrorCheckMutex,
  kAdaptiveMutex,
  kRwlock,  // prefers readers
  kRwlockPrefersWriters,
  kSpinlock,
  kSemaphore,
  kCondition,
  kBarrier,
  kOnce,
  kStaticGuard,
  kFile,  // FILE lock, flock, fcntl
  kPipe,
  kThread,  // waited for by join; the row's address is the pthread_t
  kLoader,
  kGil,
  kCustom,  // annotate.h, __tsan_mutex_*, AnnotateRWLock*
  kFutex,   // a futex wait whose library is not known
};

enum LockFlag : std::uint16_t {
  kProcessShared = 1u << 0,
  kRobust = 1u << 1,
  kPriorityInherit = 1u << 2,
  kInitialised = 1u << 3,  // by an init call that was seen; else static or never initialised
  kHandedOver = 1u << 4,   // once unlocked by a thread that did not hold it: its holders are not certain
  kUnderNotice = 1u << 5,  // a mutex: a condition was notified under it
};

// LockRow::detail of a lock on a file; such rows have kFile and kProcessShared.
enum FileLockDetail : std::uint32_t {
  kFlock = 1,
  kRecordLock = 2,      // of the process: its own threads never wait for it
  kOneDescription = 4,  // flock by several threads through one descriptor: neither keeps the other out
};

// Fate of a lock; written by the thread that causes it.
enum class LockState : std::uint32_t { kEmpty = 0, kLive = 1, kDestroyed = 2, kReused = 3 };

struct LockRow {
  std::atomic<std::uint32_t> state;  // LockState
  LockKind kind;
  std::uint8_t reserved8;
  std::uint16_t flags;  // LockFlag
  std::uint64_t address;
  std::uint32_t generation;              // tells locks apart that lived at one address
  Index born_stack;                      // kFrames: where it was initialised, or none
  Index first_stack;                     // kFrames: first acquisition or use
  Index born_thread;                     // kThreads
  Index name;                            // kText: given by annotation, or none
  std::atomic<std::uint32_t> contended;  // acquisitions that had to wait
                                         // condition: the last notification's kThreads, with kUnheard
  std::atomic<std::uint32_t> detail;     // barrier: count; condition: kLocks index of its mutex; a lock
                                         // on a file: FileLockDetail
  std::uint32_t reserved;                // free row: the writer's business
                                         // condition: kFrames of the last notification
  std::uint64_t first_site;              // return address of the first acquisition
};
static_assert(sizeof(LockRow) == 56);
inline constexpr std::uint32_t kUnheard = 1u << 31;  // nobody waited when it was notified

enum class Mode : std::uint8_t { kExclusive = 0, kShared = 1 };
enum class RequestKind : std::uint8_t { kBlocking = 0, kTry = 1, kTimed = 2 };

// ---------------------------------------------------------------------------------------------
// Stacks: a tree of frames, so that common outer frames are stored once. A stack is the index of
// its innermost frame; follow `parent` outwards to none.

struct FrameRow {
  std::atomic<std::uint64_t> pc;  // return address (or the pc itself for the outermost entry); 0: not valid
  Index parent;
  std::uint32_t hash;  // of (pc, parent), the writer's business
};
static_assert(sizeof(FrameRow) == 16);

struct ModuleRow {
  std::atomic<std::uint32_t> state;  // 1: valid, 2: unloaded since (its addresses may be re-used)
  Index path;                        // kText; empty: the executable
  std::uint64_t begin;               // mapped range [begin, end)
  std::uint64_t end;
  std::uint64_t load_bias;  // pc - load_bias is the address in the ELF file
};
static_assert(sizeof(ModuleRow) == 32);

// ---------------------------------------------------------------------------------------------
// Threads

enum class ThreadState : std::uint32_t {
  kEmpty = 0,
  kCreated = 1,  // pthread_create was called, the thread has not run yet
  kRunning = 2,
  kExited = 3,
  kJoined = 4,
};

// What a thread waits for. Stored in ThreadRow::wait_kind.
enum class WaitKind : std::uint32_t {
  kNone = 0,
  kLock = 1,       // wait_for is a kLocks row, wait_mode its mode
  kJoin = 2,       // wait_for is a kThreads row
  kCondition = 3,  // wait_for is a kLocks row of kind kCondition
  kSemaphore = 4,
  kBarrier = 5,
  kOnce = 6,  // also static guards
  kFutex = 7,
  kOther = 8,  // a blocking call that may end by itself (input, output, sleep)
};

// Written by its own thread, except where said.
struct alignas(64) ThreadRow {
  std::atomic<std::uint32_t> state;  // ThreadState; kCreated and kJoined by other threads
  std::uint32_t tid;                 // kernel id in its own pid namespace; 0 until it runs
  std::uint64_t handle;              // pthread_t
  std::uint64_t start_routine;
  Index creator;                          // kThreads
  Index create_stack;                     // kFrames
  char name[16];                          // as last set, NUL-terminated
  std::atomic<std::uint32_t> segment;     // kSegments: current one
  std::atomic<std::uint32_t> held_block;  // kHeld: newest block, the one that holds the top
  std::atomic<std::uint32_t> held_count;  // locks held, over all blocks
  std::uint32_t flags;                    // ThreadFlag

  // What the thread asks for now stands in the entry above the top of its held stack, and stays there
  // until it asks for something else; see RecordView::requestOf. Only where the block is full it stands here.
  std::atomic<std::uint32_t> asks_for;  // kLocks
  std::atomic<std::uint32_t> asks_how;  // Mode | RequestKind << 8

  // The wait. wait_serial is odd while the thread waits: it is raised before and after each wait,
  // so that two looks that see the same odd value saw the same wait.
  std::atomic<std::uint32_t> wait_serial;
  std::atomic<std::uint32_t> wait_kind;   // WaitKind
  std::atomic<std::uint32_t> wait_for;    // row, by wait_kind
  std::atomic<std::uint32_t> wait_how;    // Mode | RequestKind << 8
  std::atomic<std::uint32_t> wait_stack;  // kFrames
  std::atomic<std::uint32_t> wait_mutex;  // condition: the kLocks row given up during the wait
  std::atomic<std::uint64_t> wait_since_ns;
  std::atomic<std::uint64_t> wait_address;  // of the object waited for

  std::atomic<std::uint64_t> lock_wait_ns;  // sums
  std::atomic<std::uint64_t> blocked_ns;    // conditions, joins, barriers, …
  std::atomic<std::uint64_t> cpu_ns;        // at exit; 0 while it lives
  std::atomic<std::uint64_t> started_ns;
  std::atomic<std::uint64_t> ended_ns;
  std::atomic<std::uint32_t> last_segment;   // kSegments, at exit: what a joiner is ordered after
  std::atomic<std::uint32_t> reported_wait;  // wait_serial of the wait that a kDeadlock event told of

  // Raised by another thread that released a lock which this one held: entries whose lock is 0 are to go.
  std::atomic<std::uint32_t> taken_away;
  // Attempts in a row that failed while a lock was held, with nothing got in between; the lock asked for, and
  // the newest one held meanwhile.
  std::atomic<std::uint32_t> failed_tries;
  std::atomic<std::uint32_t> failed_lock;
  std::atomic<std::uint32_t> failed_holds;
  std::uint32_t creator_notified;  // waits that others had ended for the creator by then
  std::uint32_t reserved[7];
};
static_assert(sizeof(ThreadRow) == 256);

enum ThreadFlag : std::uint32_t {
  kMainThread = 1u << 0,
  kForeignThread = 1u << 1,  // first seen at a lock event, not created through pthread_create
  kDetached = 1u << 2,
  kCancelled = 1u << 3,       // pthread_cancel was called for it: it may leave any wait
  kThreadOfParent = 1u << 4,  // in a forked child: held locks at the fork, and does not exist here
  kUnfollowed = 1u << 5,      // its further hand-shakes and barriers make no segments any more
};

// Which parts of which threads are ordered by start, join, barriers and hand-shakes: a directed acyclic
// graph. Segment a comes before b when b is reached from a by following the edges backwards (previous,
// other).
struct SegmentRow {
  std::atomic<std::uint32_t> state;  // 1: valid; kUnfollowedSegment: valid, too
  Index thread;
  Index previous;  // the thread's segment before this one; for its first one, the creator's
  Index other;     // after a join, a barrier or a hand-shake: the segment of another thread; else none
};
// Of a thread with kUnfollowed: what it did in the same way before tells how such requests are ordered.
inline constexpr std::uint32_t kUnfollowedSegment = 2;
static_assert(sizeof(SegmentRow) == 16);

// One acquisition that a thread has not released yet.
struct HeldEntry {
  std::atomic<std::uint32_t> lock;  // kLocks; 0: released out of order
  std::uint8_t mode;                // Mode
  std::uint8_t request;             // RequestKind
  std::uint16_t recursion;          // acquisitions of a recursive lock beyond the first
  std::uint64_t site;               // return address of the acquisition
  Index stack;                      // kFrames, none until somebody needs it
  Index chain;                      // kChains: the held chain up to and including this entry
  std::uint64_t acquired_ns;        // 0 unless this acquisition is sampled
};
static_assert(sizeof(HeldEntry) == 32);

inline constexpr std::uint32_t kHeldPerBlock = 31;

// Held stacks grow by whole blocks; entry i of a thread is in the block i / kHeldPerBlock from the
// oldest. Blocks are kept and re-used by their thread, then by others.
struct HeldBlock {
  std::atomic<std::uint32_t> state;  // 1: valid
  Index thread;
  Index older;  // block below, none for the first
  Index newer;  // block above once there was one
  std::uint64_t reserved[2];
  HeldEntry entries[kHeldPerBlock];
};
static_assert(sizeof(HeldBlock) == 32 + 32 * kHeldPerBlock);

// ---------------------------------------------------------------------------------------------
// What was seen: chains of held locks, and requests made while holding them. The reader derives
// every order edge, with its gates, from a request: each lock of the chain comes before the lock
// asked for, and the rest of the chain was held beside it.

struct ChainRow {
  std::atomic<std::uint32_t> state;  // 1: valid
  Index parent;                      // chain without its newest lock
  Index lock;                        // kLocks
  std::uint8_t mode;                 // Mode
  std::uint8_t request;              // RequestKind
  std::uint16_t flags;               // ChainFlag
  Index stack;                       // kFrames: where this lock was taken
  std::uint32_t depth;
  std::uint64_t hash;
};
static_assert(sizeof(ChainRow) == 32);

enum ChainFlag : std::uint16_t {
  kStackExact = 1u << 0,  // else the stack comes from the cache of its call site
  kAfterWait = 1u << 1,   // a join: the thread had waited for a notification since it started the other one
};

struct RequestRow {
  std::atomic<std::uint32_t> state;  // 1: asked, 2: granted at least once
  Index chain;                       // locks held then
  Index lock;                        // asked for
  std::uint8_t mode;
  std::uint8_t request;
  std::uint16_t flags;  // ChainFlag, for `stack`
  Index stack;
  Index thread;
  Index segment;
  std::atomic<std::uint32_t> count;  // lower bound
  std::uint64_t first_ns;
};
static_assert(sizeof(RequestRow) == 40);

// Critical sections by thread and call site of the acquisition. Written by its thread alone.
inline constexpr int kHoldBuckets =
    20;  // bucket i counts holds of [2^(i+6), 2^(i+7)) ns; first and last are open

struct SectionRow {
  std::atomic<std::uint32_t> state;  // 1: valid
  Index thread;
  Index lock;  // the first one taken at this site
  std::uint8_t mode;
  std::uint8_t flags;  // SectionFlag
  std::uint16_t reserved16;
  std::uint64_t site;  // return address of the acquisition
  Index stack;         // of the first acquisition
  Index within;        // kSections: the section around the first acquisition
  std::atomic<std::uint64_t> count;
  std::uint64_t exits[3];       // return addresses of releases, the first few distinct ones
  std::uint64_t sampled;        // acquisitions whose hold time was taken
  std::uint64_t hold_total_ns;  // over the sampled ones
  std::uint64_t hold_max_ns;
  std::uint64_t contended;
  std::uint64_t wait_total_ns;
  std::uint64_t wait_max_ns;
  std::uint32_t hold_histogram[kHoldBuckets];
};
static_assert(sizeof(SectionRow) == 192);

enum SectionFlag : std::uint8_t {
  kSeveralLocks = 1u << 0,  // more than one lock was taken at this site
  kTakenByTry = 1u << 1,
  kTakenInTime = 1u << 2,  // by a timed request
};

// ---------------------------------------------------------------------------------------------
// What went wrong, or was decided, while the program ran.

enum class EventKind : std::uint16_t {
  kNone = 0,
  kDeadlock,  // one row per member thread, with a common group
  kSelfDeadlock,
  kUnlockNotHeld,  // nobody holds it
  kUnlockByOther,  // `other_thread` holds it
  kNotReleased,    // the thread ended holding `lock`; stack: where it was taken
  kDestroyHeld,    // `other_thread` holds it
  kDestroyWaited,  // `other_thread` waits for it
  kUseDestroyed,
  kUseUninitialised,
  kInitTwice,
  kWaitWithoutMutex,  // a condition wait; lock is the mutex, other_lock the condition
  kWaitOtherMutex,    // detail: kLocks row of the mutex the other waiters use
  kRecursiveRead,
  kLostWakeup,
  kBlockingWhileLocked,  // detail: BlockingCall; duration_ns
  kForkWhileLocked,      // in the child: lock was held by `other_thread` of the parent
  kSignalUnsafeLock,
  kStarvation,
  kLivelock,
  kWaitWhileHolding,
  kProcessNotCovered,  // text: the program that was started without the shim
};

enum class BlockingCall : std::uint32_t {
  kOther,
  kSleep,
  kJoin,
  kChild,
  kRead,
  kWrite,
  kPoll,
  kConnect,
  kAccept,
  kSync,       // fsync and the like
  kCondition,  // a condition wait under a further lock
  kFileLock,   // a lock on a file, kept by another process
};

struct EventRow {
  std::atomic<std::uint32_t> state;  // 1: valid
  std::uint16_t kind;                // EventKind
  std::uint8_t mode;
  std::uint8_t request;
  Index thread;  // kThreads
  Index lock;    // kLocks
  Index stack;   // kFrames
  Index other_thread;
  Index other_lock;
  Index other_stack;
  Index chain;          // kChains: locks held by the thread
  std::uint32_t group;  // deadlock: verdict this row belongs to; blocking: threads that waited for the lock
  std::uint32_t detail;
  Index text;                        // kText
  std::atomic<std::uint32_t> count;  // equal events after the first
  std::uint32_t reserved;            // of a verdict that is not certain: ThreadRow::wait_serial of the wait
  std::uint64_t when_ns;
  std::uint64_t duration_ns;
};
static_assert(sizeof(EventRow) == 72);

#pragma GCC diagnostic pop

}  // namespace gridlock::record
