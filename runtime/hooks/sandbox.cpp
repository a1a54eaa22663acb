// A program that restricts its own system calls (seccomp). Which of them it forbids cannot be known; a call
// of ours that is among them might end it.

#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "runtime/hooks/fast_path.h"
#include "runtime/hooks/real.h"
#include "runtime/hooks/sandbox.h"

using namespace gridlock::runtime;

namespace gridlock::runtime {

void noteRestriction(long number, const long* arguments) {
  const bool by_prctl = number == SYS_prctl && arguments[0] == PR_SET_SECCOMP;
  const bool by_seccomp = number == SYS_seccomp && (arguments[0] == SECCOMP_SET_MODE_STRICT ||
                                                    arguments[0] == SECCOMP_SET_MODE_FILTER);
  if (by_prctl || by_seccomp) stopRecording("the program restricts its system calls");
}

}  // namespace gridlock::runtime

GRIDLOCK_EXPORT int prctl(int option, ...) noexcept {
  va_list list;
  va_start(list, option);
  long arguments[5] = {option};
  for (int i = 1; i < 5; ++i) arguments[i] = va_arg(list, long);
  va_end(list);
  initialise();
  noteRestriction(SYS_prctl, arguments);
  return real.prctl(option, arguments[1], arguments[2], arguments[3], arguments[4]);
}
