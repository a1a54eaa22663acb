/* Tells Gridlock about locks that a program makes itself, from atomics, futexes or system calls. For C and
   C++.

   A lock that is built from pthread mutexes and the like needs none of this. A home-made one says what it
   does:

     #include <gridlock/annotate.h>

     void lock(Lock *l) {
       GRIDLOCK_ACQUIRING(l, 0);                     // before it may wait
       while (atomic_exchange(&l->taken, 1)) pause();
       GRIDLOCK_ACQUIRED(l, 0);                      // it is mine
     }
     int try_lock(Lock *l) {
       GRIDLOCK_ACQUIRING(l, GRIDLOCK_TRY);
       if (atomic_exchange(&l->taken, 1)) { GRIDLOCK_NOT_ACQUIRED(l); return 0; }
       GRIDLOCK_ACQUIRED(l, GRIDLOCK_TRY);
       return 1;
     }
     void unlock(Lock *l) {
       GRIDLOCK_RELEASED(l);                         // before others can have it
       atomic_store(&l->taken, 0);
     }

   From then on it takes part in everything: deadlocks, lock orders, wrong use, critical sections.

   Cost: in a program that runs without Gridlock's shim each macro is one load and one branch that is never
   taken; nothing has to be linked. With GRIDLOCK_NO_ANNOTATIONS defined the macros are empty. Where the shim
   does not run (other machines than x86-64 Linux) they are empty, too.

   The annotations that libraries carry for other tools work as well, without this header:
   __tsan_mutex_create/destroy/pre_lock/post_lock/pre_unlock/post_unlock and
   AnnotateRWLockCreate/CreateStatic/Destroy/Acquired/Released, where they are weak references or live in a
   shared library. */
#ifndef GRIDLOCK_ANNOTATE_H
#define GRIDLOCK_ANNOTATE_H

/* Flags. */
enum {
  GRIDLOCK_SHARED = 1,    /* a read lock: several may hold it */
  GRIDLOCK_TRY = 2,       /* does not wait */
  GRIDLOCK_TIMED = 4,     /* gives up after a while */
  GRIDLOCK_RECURSIVE = 8, /* created: its holder may take it again */
  GRIDLOCK_MAY_MOVE = 16, /* created: whoever has it may go on in another thread (fibers), or another thread
                             releases it by design. No certain verdict is built on who holds it. */
};

/* `lock` is any address that is the lock's own while it lives, usually that of the object.

   GRIDLOCK_CREATED(lock, name, flags)  Optional, but tells a new lock from an old one at the same address,
   and where it was made. `name` may be null: then Gridlock finds one. GRIDLOCK_DESTROYED(lock)
   GRIDLOCK_ACQUIRING(lock, flags)      About to ask for it. Followed, by the same thread, by one of:
   GRIDLOCK_ACQUIRED(lock, flags)         it has it (also on its own, where no waiting is to be told);
   GRIDLOCK_NOT_ACQUIRED(lock)            it was refused, timed out, or gave up.
   GRIDLOCK_RELEASED(lock)              About to release it. Another thread than the one that took it may say
                                        so: the lock then counts as released, and as one that moves.
   GRIDLOCK_HANDED_OVER(lock)           The holder stays as it is, but is another thread from now on, which
                                        says GRIDLOCK_ACQUIRED when it knows.

   GRIDLOCK_WAITING(event, flags)       About to wait until some other thread does something: a condition, a
   GRIDLOCK_WAITED(event)               queue, a latch. `event` is any address that stands for it. The flag
                                        GRIDLOCK_TIMED says that the wait ends by itself. */
#if defined(GRIDLOCK_NO_ANNOTATIONS) || !defined(__x86_64__) || !defined(__linux__) || !defined(__GNUC__)

#define GRIDLOCK_CREATED(lock, name, flags) ((void)(lock), (void)(name), (void)(flags))
#define GRIDLOCK_DESTROYED(lock) ((void)(lock))
#define GRIDLOCK_ACQUIRING(lock, flags) ((void)(lock), (void)(flags))
#define GRIDLOCK_ACQUIRED(lock, flags) ((void)(lock), (void)(flags))
#define GRIDLOCK_NOT_ACQUIRED(lock) ((void)(lock))
#define GRIDLOCK_RELEASED(lock) ((void)(lock))
#define GRIDLOCK_HANDED_OVER(lock) ((void)(lock))
#define GRIDLOCK_WAITING(event, flags) ((void)(event), (void)(flags))
#define GRIDLOCK_WAITED(event) ((void)(event))

#else

/* A weak reference, read from the global offset table. A weak declaration in C is not enough: in a program
   that is linked to a fixed address the linker settles it for good, to "not there". */
#define GRIDLOCK_HOOK_(name, type, arguments)                                          \
  do {                                                                                 \
    type gridlock_hook_;                                                               \
    __asm__(".weak gridlock_" #name "\n\t{movq gridlock_" #name                        \
            "@GOTPCREL(%%rip), %0|mov %0, qword ptr gridlock_" #name "@GOTPCREL[rip]}" \
            : "=r"(gridlock_hook_));                                                   \
    if (__builtin_expect(gridlock_hook_ != 0, 0)) gridlock_hook_ arguments;            \
  } while (0)

typedef void (*gridlock_created_hook)(const volatile void* lock, const char* name, unsigned flags);
typedef void (*gridlock_flags_hook)(const volatile void* lock, unsigned flags);
typedef void (*gridlock_plain_hook)(const volatile void* lock);

#define GRIDLOCK_CREATED(lock, name, flags) \
  GRIDLOCK_HOOK_(lock_created, gridlock_created_hook, ((lock), (name), (flags)))
#define GRIDLOCK_DESTROYED(lock) GRIDLOCK_HOOK_(lock_destroyed, gridlock_plain_hook, ((lock)))
#define GRIDLOCK_ACQUIRING(lock, flags) GRIDLOCK_HOOK_(lock_acquiring, gridlock_flags_hook, ((lock), (flags)))
#define GRIDLOCK_ACQUIRED(lock, flags) GRIDLOCK_HOOK_(lock_acquired, gridlock_flags_hook, ((lock), (flags)))
#define GRIDLOCK_NOT_ACQUIRED(lock) GRIDLOCK_HOOK_(lock_not_acquired, gridlock_plain_hook, ((lock)))
#define GRIDLOCK_RELEASED(lock) GRIDLOCK_HOOK_(lock_released, gridlock_plain_hook, ((lock)))
#define GRIDLOCK_HANDED_OVER(lock) GRIDLOCK_HOOK_(lock_handed_over, gridlock_plain_hook, ((lock)))
#define GRIDLOCK_WAITING(event, flags) GRIDLOCK_HOOK_(waiting, gridlock_flags_hook, ((event), (flags)))
#define GRIDLOCK_WAITED(event) GRIDLOCK_HOOK_(waited, gridlock_plain_hook, ((event)))

#endif

#endif
