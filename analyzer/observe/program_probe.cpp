// See program_probe.h. ELF files are read by hand: two headers and a table are all that is needed.
#include "analyzer/observe/program_probe.h"

#include <elf.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

namespace gridlock::observe {
namespace {

namespace fs = std::filesystem;

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#else
constexpr unsigned kMachine = EM_NONE;
#endif

constexpr std::size_t kMostEntries = 4096;  // of any table; programs have some dozen

template <typename T>
std::optional<T> readAt(std::ifstream& in, std::uint64_t offset) {
  T value;
  in.clear();
  in.seekg(static_cast<std::streamoff>(offset));
  if (!in.read(reinterpret_cast<char*>(&value), sizeof value)) return std::nullopt;
  return value;
}

struct Elf {
  bool is_elf = false;
  unsigned char elf_class = 0;
  unsigned machine = 0;
  bool has_interpreter = false;
  std::vector<std::string> needed;
};

Elf readElf(const fs::path& file) {
  Elf out;
  std::ifstream in(file, std::ios::binary);
  const auto ident = readAt<std::array<unsigned char, EI_NIDENT>>(in, 0);
  if (!ident || std::memcmp(ident->data(), ELFMAG, SELFMAG) != 0) return out;
  out.is_elf = true;
  out.elf_class = (*ident)[EI_CLASS];
  if (out.elf_class != ELFCLASS64) {
    const auto header = readAt<Elf32_Ehdr>(in, 0);
    if (header) out.machine = header->e_machine;
    return out;
  }
  const auto header = readAt<Elf64_Ehdr>(in, 0);
  if (!header) return out;
  out.machine = header->e_machine;
  std::vector<Elf64_Phdr> segments;
  for (std::size_t i = 0; i < std::min<std::size_t>(header->e_phnum, kMostEntries); ++i) {
    const auto segment = readAt<Elf64_Phdr>(in, header->e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) break;
    segments.push_back(*segment);
    if (segment->p_type == PT_INTERP) out.has_interpreter = true;
  }
  const auto fileOffset = [&](std::uint64_t address) -> std::optional<std::uint64_t> {
    for (const Elf64_Phdr& segment : segments) {
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz) {
        return segment.p_offset + (address - segment.p_vaddr);
      }
    }
    return std::nullopt;
  };
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type != PT_DYNAMIC) continue;
    std::vector<std::uint64_t> names;
    std::uint64_t strings = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(segment.p_filesz / sizeof(Elf64_Dyn), kMostEntries);
         ++i) {
      const auto entry = readAt<Elf64_Dyn>(in, segment.p_offset + i * sizeof(Elf64_Dyn));
      if (!entry || entry->d_tag == DT_NULL) break;
      if (entry->d_tag == DT_NEEDED) names.push_back(entry->d_un.d_val);
      if (entry->d_tag == DT_STRTAB) strings = entry->d_un.d_ptr;
    }
    const auto table = fileOffset(strings);
    if (!table) continue;
    for (const std::uint64_t name : names) {
      const auto text = readAt<std::array<char, 256>>(in, *table + name);
      if (text) out.needed.emplace_back(text->data(), strnlen(text->data(), text->size()));
    }
  }
  return out;
}

std::optional<fs::path> interpreterOf(const fs::path& script) {
  std::ifstream in(script, std::ios::binary);
  std::string line;
  if (!std::getline(in, line) || line.substr(0, 2) != "#!") return std::nullopt;
  std::istringstream words(line.substr(2));
  std::string path;
  words >> path;
  std::string argument;
  if (fs::path(path).filename() == "env" && words >> argument && !argument.empty() && argument[0] != '-')
    path = argument;
  return fs::path(path);
}

Result<fs::path> findProgram(const std::string& program) {
  if (program.empty()) return Error{"the name of the program is empty"};
  std::error_code error;
  if (program.find('/') != std::string::npos) {
    if (!fs::exists(program, error)) return Error{"there is no such program", program};
    if (fs::is_directory(program, error)) return Error{"is a folder, not a program", program};
    if (access(program.c_str(), X_OK) != 0)
      return Error{"cannot be executed: " + std::string(std::strerror(errno)), program};
    return fs::path(program);
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder.empty() ? "." : folder) / program;
    if (fs::is_regular_file(candidate, error) && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return Error{"there is no such program on the PATH", program};
}

// Programs that gain rights when they start: the loader then ignores what is preloaded.
bool gainsRights(const fs::path& file) {
  struct stat status{};
  if (stat(file.c_str(), &status) != 0) return false;
  if ((status.st_mode & S_ISUID) && status.st_uid != geteuid()) return true;
  if ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) && status.st_gid != getegid()) return true;
  return geteuid() != 0 && getxattr(file.c_str(), "security.capability", nullptr, 0) > 0;
}

}  // namespace

std::vector<std::string> neededLibraries(const fs::path& file) { return readElf(file).needed; }

Result<ProgramProbe> probeProgram(const std::string& program) {
  Result<fs::path> path = findProgram(program);
  if (!path) return path.error();
  ProgramProbe probe;
  probe.path = *path;
  fs::path binary = *path;
  for (int i = 0; i < 4; ++i) {  // scripts run by scripts
    const auto interpreter = interpreterOf(binary);
    if (!interpreter) break;
    Result<fs::path> found = findProgram(interpreter->string());
    if (!found) break;
    probe.interpreter = binary = *found;
  }
  const Elf elf = readElf(binary);
  const auto refuse = [&](const std::string& why) {
    probe.coverable = false;
    probe.why_not = why;
  };
  if (gainsRights(binary)) {
    refuse("is setuid, setgid or has capabilities: the loader does not preload the shim into it");
  } else if (elf.is_elf && (elf.elf_class != ELFCLASS64 || elf.machine != kMachine)) {
    refuse("is built for another machine or word size: the shim cannot be loaded into it");
  } else if (elf.is_elf && !elf.has_interpreter) {
    refuse("is statically linked: the shim cannot be loaded into it");
  }
  for (const std::string& library : elf.needed) {
    if (library.find("libasan.so") != std::string::npos ||
        library.find("libclang_rt.asan") != std::string::npos) {
      probe.preload_first.push_back(library);
    }
  }
  return probe;
}

}  // namespace gridlock::observe
