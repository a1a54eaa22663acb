// See exec_target.h.

#include "runtime/core/exec_target.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/print.h"
#include "runtime/base/sys.h"
#include "runtime/core/options.h"
#include "runtime/core/record_file.h"

namespace gridlock::runtime {
namespace {

constexpr const char* kShimName = "libgridlock_rt.so";
constexpr int kMostSegments = 32;
constexpr int kMostNeeded = 64;
constexpr int kMostEntries = 512;  // of the dynamic section

bool startsWith(const char* text, const char* prefix) {
  while (*prefix != '\0' && *text == *prefix) ++text, ++prefix;
  return *prefix == '\0';
}

// One entry of a list: from `at` to `end`, without its folder.
struct Entry {
  const char* begin;
  const char* name;
  const char* end;

  bool nameStartsWith(const char* prefix) const {
    const char* at = name;
    while (*prefix != '\0' && at != end && *at == *prefix) ++at, ++prefix;
    return *prefix == '\0';
  }
  bool is(const char* text) const {
    const char* at = begin;
    while (at != end && *text != '\0' && *at == *text) ++at, ++text;
    return at == end && *text == '\0';
  }
};

bool isSeparator(char c) { return c == ':' || c == ' ' || c == '\t' || c == '\n'; }

// The next entry of a list of libraries; false at its end.
bool nextEntry(const char*& at, Entry& entry) {
  while (isSeparator(*at)) ++at;
  if (*at == '\0') return false;
  entry.begin = entry.name = at;
  for (; *at != '\0' && !isSeparator(*at); ++at) {
    if (*at == '/') entry.name = at + 1;
  }
  entry.end = at;
  return true;
}

class File {
 public:
  explicit File(const char* path) : fd_(sys::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~File() {
    if (fd_ >= 0) sys::close(static_cast<int>(fd_));
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool isOpen() const { return fd_ >= 0; }
  long readAt(std::uint64_t offset, void* to, std::size_t bytes) const {
    return sys::call(SYS_pread64, fd_, sys::asLong(to), static_cast<long>(bytes), static_cast<long>(offset));
  }
  template <typename T>
  bool get(std::uint64_t offset, T& to) const {
    return readAt(offset, &to, sizeof to) == static_cast<long>(sizeof to);
  }
  // The rights that a set-user-id file would give.
  bool givesRights() const {
    struct stat status{};
    if (sys::call(SYS_fstat, fd_, sys::asLong(&status)) != 0) return false;
    const auto user = static_cast<uid_t>(sys::call(SYS_geteuid));
    const auto group = static_cast<gid_t>(sys::call(SYS_getegid));
    return ((status.st_mode & S_ISUID) != 0 && status.st_uid != user) ||
           ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0 && status.st_gid != group);
  }

 private:
  long fd_;
};

void lookForSanitizer(const File& file, const Elf64_Phdr* segments, int count, ExecTarget& target) {
  std::uint64_t names[kMostNeeded];
  int needed = 0;
  std::uint64_t strings = 0;
  for (int i = 0; i < count; ++i) {
    if (segments[i].p_type != PT_DYNAMIC) continue;
    for (int j = 0; j < kMostEntries; ++j) {
      Elf64_Dyn entry;
      if (!file.get(segments[i].p_offset + static_cast<std::uint64_t>(j) * sizeof entry, entry)) break;
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_NEEDED && needed < kMostNeeded) names[needed++] = entry.d_un.d_val;
      if (entry.d_tag == DT_STRTAB) strings = entry.d_un.d_ptr;
    }
  }
  std::uint64_t table = 0;
  for (int i = 0; i < count; ++i) {
    const Elf64_Phdr& segment = segments[i];
    if (segment.p_type == PT_LOAD && strings >= segment.p_vaddr &&
        strings - segment.p_vaddr < segment.p_filesz)
      table = segment.p_offset + (strings - segment.p_vaddr);
  }
  for (int i = 0; i < needed && table != 0; ++i) {
    char name[sizeof target.asan] = {};
    if (file.readAt(table + names[i], name, sizeof name - 1) <= 0) continue;
    if (!startsWith(name, "libasan.so") && !startsWith(name, "libclang_rt.asan")) continue;
    for (std::size_t j = 0; j < sizeof name; ++j) target.asan[j] = name[j];
    return;
  }
}

void lookAtElf(const File& file, const unsigned char* ident, ExecTarget& target) {
  if (ident[EI_CLASS] != ELFCLASS64) {
    target.why_not = "is built for another word size: the shim cannot be loaded into it";
    return;
  }
  Elf64_Ehdr header;
  if (!file.get(0, header)) return;
  if (header.e_machine != EM_X86_64) {
    target.why_not = "is built for another machine: the shim cannot be loaded into it";
    return;
  }
  Elf64_Phdr segments[kMostSegments];
  const int count = header.e_phnum < kMostSegments ? header.e_phnum : kMostSegments;
  const long bytes = count * static_cast<long>(sizeof(Elf64_Phdr));
  if (header.e_phentsize != sizeof(Elf64_Phdr) ||
      file.readAt(header.e_phoff, segments, static_cast<std::size_t>(bytes)) != bytes) {
    return;
  }
  bool has_interpreter = false;
  for (int i = 0; i < count; ++i) has_interpreter = has_interpreter || segments[i].p_type == PT_INTERP;
  if (!has_interpreter) {
    target.why_not = "is statically linked: the shim cannot be loaded into it";
  } else if (file.givesRights()) {
    target.why_not = "is setuid or setgid: the loader does not preload the shim into it";
  } else {
    lookForSanitizer(file, segments, count, target);
  }
}

}  // namespace

ExecTarget lookAtTarget(const char* path) {
  ExecTarget target;
  char interpreter[256];
  for (int scripts = 0; scripts < 4 && path != nullptr; ++scripts) {
    const File file(path);
    char head[sizeof interpreter];
    const long got = file.isOpen() ? file.readAt(0, head, sizeof head - 1) : -1;
    if (got < EI_NIDENT) return target;
    head[got] = '\0';
    if (startsWith(head, ELFMAG)) {
      lookAtElf(file, reinterpret_cast<const unsigned char*>(head), target);
      return target;
    }
    if (!startsWith(head, "#!")) return target;
    const char* at = head + 2;
    while (*at == ' ' || *at == '\t') ++at;
    std::size_t length = 0;
    while (at[length] != '\0' && at[length] != ' ' && at[length] != '\t' && at[length] != '\n') {
      interpreter[length] = at[length];
      ++length;
    }
    interpreter[length] = '\0';
    path = interpreter;
  }
  return target;
}

bool findOnPath(const char* file, char* path, std::size_t room) {
  const auto put = [&](const char* folder, std::size_t length) {
    std::size_t at = 0;
    for (; at < length; ++at) {
      if (at + 2 >= room) return false;
      path[at] = folder[at];
    }
    if (length != 0) path[at++] = '/';
    for (const char* from = file; *from != '\0'; ++from) {
      if (at + 1 >= room) return false;
      path[at++] = *from;
    }
    path[at] = '\0';
    return true;
  };
  for (const char* at = file; *at != '\0'; ++at) {
    if (*at == '/') return put("", 0);
  }
  const char* list = environment("PATH");
  if (list == nullptr) list = "/bin:/usr/bin";
  for (;; ++list) {
    const char* begin = list;
    while (*list != '\0' && *list != ':') ++list;
    const auto length = static_cast<std::size_t>(list - begin);
    if (put(length == 0 ? "." : begin, length == 0 ? 1 : length) &&
        sys::call(SYS_faccessat, AT_FDCWD, sys::asLong(path), X_OK) == 0) {
      return true;
    }
    if (*list == '\0') return false;
  }
}

bool preloadFor(const ExecTarget& target, char* const* variables, char (&to)[kPreloadRoom],
                bool& shim_given) {
  constexpr const char* kVariable = "LD_PRELOAD=";
  shim_given = false;
  const char* list = nullptr;
  for (; variables != nullptr && *variables != nullptr && list == nullptr; ++variables) {
    if (startsWith(*variables, kVariable)) list = *variables + 11;
  }
  if (list == nullptr) return false;
  Entry entry{};
  for (const char* at = list; nextEntry(at, entry);)
    shim_given = shim_given || entry.nameStartsWith(kShimName);
  if (!shim_given) return false;
  std::size_t length = 0;
  bool room = true;
  bool first = true;
  const auto put = [&](const char* begin, const char* end) {
    if (!first && length + 1 < sizeof to) to[length++] = ':';
    first = false;
    for (; begin != end; ++begin) {
      if (length + 1 < sizeof to) {
        to[length++] = *begin;
      } else {
        room = false;
      }
    }
  };
  for (const char* from = kVariable; *from != '\0'; ++from) to[length++] = *from;
  const bool covered = target.why_not == nullptr;
  bool changed = false;
  bool before_shim = true;
  if (covered && target.asan[0] != '\0') {
    const char* at = list;
    changed = !nextEntry(at, entry) || !entry.is(target.asan);
    const char* end = target.asan;
    while (*end != '\0') ++end;
    put(target.asan, end);
  }
  bool any = covered && target.asan[0] != '\0';
  for (const char* at = list; nextEntry(at, entry);) {
    const bool shim = entry.nameStartsWith(kShimName);
    // What stands before the shim, and is libasan, was put there for the program that starts this one.
    const bool asan =
        before_shim && (entry.nameStartsWith("libasan.so") || entry.nameStartsWith("libclang_rt.asan"));
    before_shim = before_shim && !shim;
    if ((shim && !covered) || asan) {
      changed = changed || shim || !entry.is(target.asan);
      continue;
    }
    any = true;
    put(entry.begin, entry.end);
  }
  to[length] = '\0';
  if (!any) to[0] = '\0';
  return changed && room;
}

void noteNotCovered(const char* path, const char* why) {
  if (!session.by_launcher) return;
  Line file;
  file << session.folder << "/" << kNotCoveredFile;
  const long fd = sys::open(file.text(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  Line line;
  line << path << " " << why;
  line.writeTo(static_cast<int>(fd));
  sys::close(static_cast<int>(fd));
}

}  // namespace gridlock::runtime
