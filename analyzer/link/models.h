// Models: what library functions do to locks, threads and memory.
//
// A model file is text. A line is `name, name … : effect; effect …`; `#` starts
// a comment, a line that ends in `\` goes on. Names are qualified and without
// template arguments. An effect is its operation, argument positions (0 is the
// object of a method) and flags:
//
//   pthread_mutex_trylock : try 0 ok=0
//
// Flags: shared, timed, ok=N (the call succeeded when it returns N), ok=true
// (not 0), and kinds of locks (rwlock, spin, recursive, semaphore). Users'
// files use the same language; a later line for a name replaces an earlier one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/model/result.h"

namespace gridlock::link {

enum class Op : std::uint8_t {
  Nothing,  // known, and without effect here
  Lock,     // 0: address of the lock
  Try,
  Holds,  // can only be called by who holds it
  Unlock,
  LockInit,
  LockDestroy,
  LockMany,  // std::lock: all arguments
  TryMany,
  GuardOpen,   // constructor of a guard: what it does is in its parameters' types
  GuardClose,  // its destructor
  GuardLock,
  GuardTry,
  GuardUnlock,
  GuardRelease,  // gives the lock away, held
  GuardOwns,
  GuardMutex,
  GuardMove,  // assignment
  GuardSwap,
  Wait,           // condition, mutex
  WaitGuard,      // condition, guard, [predicate]
  Notify,         // condition
  Start,          // handle, entry, argument
  StartCall,      // handle object, callable, arguments …
  StartAsync,     // result, callable …
  Join,           // value of a handle
  JoinObject,     // address of a handle object
  JoinIfStarted,  // destructor of a joining thread
  Joinable,       // whether handle object 0 has a thread
  Detach,
  DetachObject,
  ThreadExit,
  Invoke,        // callable, arguments …
  Once,          // flag, callable
  CallableSet,   // object, callable: std::function and the like
  CallableCall,  // object, arguments …
  Alloc,
  Realloc,
  Free,
  MakeObject,   // make_unique, make_shared: allocates, constructs
  PointerSet,   // smart pointer or iterator object, pointer
  PointerCopy,  // object, object
  PointerGet,   // the pointer an object holds
  PointerFree,  // destructor or reset
  Swap,         // objects N and M
  Less,         // whether pointer N is the lower address
  Assign,       // a new object N with the value M
  Copy,         // memory: to, from
  ReadArg,      // what argument N points to
  WriteArg,
  Element,    // a reference to an element of container 0
  Iterator,   // an iterator to one
  Insert,     // container, value
  ReturnArg,  // the result is argument N
  NoReturn,
  Wrap,    // std::ref: an object that holds argument 0
  Bind,    // std::bind
  Signal,  // lets waiters of object N pass: post, set_value, notify, arrive
  Await,   // passes when signalled
  Barrier,
  SemaphoreInit,  // semaphore, value
  LatchInit,      // latch, how often it is signalled before it opens
  SemaphoreWait,
  SemaphoreTry,
  SemaphorePost,
  Block,           // may sleep or wait for the outside
  HandlerSet,      // installs argument N as a signal handler
  HandlerIn,       // installs the functions that argument N, a structure, holds as such
  MutexAttribute,  // attribute, type
  Store,           // *arg0 = arg1, atomically
  Escape,          // argument N is kept by others
  ReadRest,        // strings among the arguments from N on
  WriteRest,       // what the arguments from N on point to
  Yields,          // the result is the number N
  StaticState,     // uses memory of its own, unlocked
  SectionBegin,    // the one atomic section of the program
  SectionEnd,
  Section,  // the whole function is one
  Assume,   // goes on only where argument N is not 0
};

struct Effect {
  Op op = Op::Nothing;
  std::int8_t a = -1, b = -1, c = -1;
  bool shared = false;
  bool timed = false;
  bool has_ok = false;
  bool ok_true = false;
  std::int64_t ok = 0;
  model::LockKind kind = model::LockKind::Mutex;
  bool has_kind = false;
  std::string note;  // Block: what it does ("sleeps")
};

using Model = std::vector<Effect>;

class Models {
 public:
  // With the built-in files.
  static Result<Models> load(const std::vector<std::string>& user_files);

  Status parse(std::string_view text, const std::string& file);
  // nullptr: not known. A name that ends in `*` stands for all that begin so and have no line of their own.
  const Model* find(std::string_view qualified) const;
  // Classes of containers, smart pointers, …, by the line `kind : class name
  // …`.
  bool isContainer(std::string_view record) const { return inSet("container", record); }
  bool isIterator(std::string_view record) const { return inSet("iterator", record); }
  bool isPointer(std::string_view record) const { return inSet("pointer", record); }
  bool isCallable(std::string_view record) const { return inSet("callable", record); }

 private:
  bool inSet(std::string_view set, std::string_view record) const;
  std::unordered_map<std::string, Model> models_;
  std::vector<std::pair<std::string, Model>> prefixes_;
  std::unordered_map<std::string, std::unordered_map<std::string, bool>> sets_;
};

}  // namespace gridlock::link
