// Reads an input file whole; see read_file.h.
#include "analyzer/cli/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gridlock::cli {

Result<std::string> readFile(const std::string& file) {
  const bool standard_input = file == "-";
  const int descriptor = standard_input ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Error{std::string("cannot be opened: ") + std::strerror(errno), file};
  std::string text;
  struct stat status{};
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
    text.reserve(static_cast<std::size_t>(status.st_size));
  char buffer[1 << 16];
  int problem = 0;
  while (true) {
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got > 0) {
      text.append(buffer, static_cast<std::size_t>(got));
    } else if (got == 0) {
      break;
    } else if (errno != EINTR) {
      problem = errno;
      break;
    }
  }
  if (!standard_input) close(descriptor);
  if (problem != 0) return Error{std::string("cannot be read: ") + std::strerror(problem), file};
  return text;
}

}  // namespace gridlock::cli
