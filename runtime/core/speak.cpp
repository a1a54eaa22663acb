// One write a line, so that lines of several processes do not mix. A closed stderr loses the line.
//
// Descriptor 2 need not be stderr: a program that closes it may open a file of its own there. Then the line
// is lost rather than that file.

#include "runtime/core/speak.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace gridlock::runtime {
namespace {

bool known = false;
bool was_open = false;
dev_t first_device = 0;
ino_t first_inode = 0;

bool mayWrite() {
  struct stat now{};
  if (sys::call(SYS_fstat, 2, sys::asLong(&now)) != 0) return false;
  if (!known) return true;
  if (!was_open) return false;
  if (now.st_dev == first_device && now.st_ino == first_inode) return true;
  // Sent elsewhere by the program: to a log, as a rule.
  if (S_ISCHR(now.st_mode) || S_ISFIFO(now.st_mode)) return true;
  return S_ISREG(now.st_mode) && (sys::call(SYS_fcntl, 2, F_GETFL) & O_APPEND) != 0;
}

}  // namespace

void rememberStderr() {
  struct stat now{};
  was_open = sys::call(SYS_fstat, 2, sys::asLong(&now)) == 0;
  first_device = now.st_dev;
  first_inode = now.st_ino;
  known = true;
}

void say(Line& line) {
  if (!mayWrite()) return;
  Line whole;
  whole << "gridlock: " << line.text();
  whole.writeTo(2);
}

void say(const char* text) {
  Line line;
  line << text;
  say(line);
}

}  // namespace gridlock::runtime
