// A process as it can be read from outside: alive, or left in a core file.
//
// Threads with the system call each is in, memory, mapped files. Nothing here stops, traces or changes the
// process; what a core file says is untrusted: every read is checked, and answers "not there".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyzer/model/result.h"

namespace gridlock::observe {

// By their DWARF numbers: 3 rbx, 6 rbp, 7 rsp, 12 to 15, 16 the return address, which is the pc.
using Registers = std::array<std::optional<std::uint64_t>, 17>;
inline constexpr std::size_t kBasePointer = 6;
inline constexpr std::size_t kStackPointer = 7;
inline constexpr std::size_t kProgramCounter = 16;

struct ImageThread {
  int tid = 0;        // as the process itself sees it, and as libc keeps owners
  int outer_tid = 0;  // as we see it
  std::string name;
  bool in_call = false;  // blocked in this system call
  long call = 0;
  std::array<std::uint64_t, 6> arguments{};
  Registers registers;
  std::uint64_t switches = 0;  // context switches so far; 0 when not known
};

struct ImageMapping {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;  // in the file
  std::string path;
  std::string identity;  // device and inode, of mappings that are shared between processes; else empty
  bool executable = false;
};

// A mapped ELF file.
struct ImageModule {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t bias = 0;  // run-time address minus address in the file
  std::string path;
};

class ProcessImage {
 public:
  virtual ~ProcessImage() = default;
  // All of the bytes, or false.
  virtual bool read(std::uint64_t address, void* to, std::size_t bytes) const = 0;

  template <typename T>
  std::optional<T> value(std::uint64_t address) const {
    T out{};
    if (!read(address, &out, sizeof out)) return std::nullopt;
    return out;
  }
  const ImageMapping* mappingAt(std::uint64_t address) const;
  const ImageModule* moduleAt(std::uint64_t address) const;

  int pid = 0;
  int parent = 0;
  std::string executable;
  std::vector<std::string> command;
  std::uint64_t started_ticks = 0;
  bool handlers_may_run = false;  // signal handlers that some thread lets through
  bool alive = false;
  std::vector<ImageThread> threads;  // the main thread first
  std::vector<ImageMapping> mappings;
  std::vector<ImageModule> modules;

 protected:
  // From the mappings of files, by the files' own program headers.
  void findModules();
};

// An Error says why the process cannot be read: it is not there, is another user's, or the kernel forbids it.
Result<std::unique_ptr<ProcessImage>> readLiveProcess(int pid);

// A core file of x86-64 Linux. Memory that the kernel left out of it is taken from the mapped files, where
// they still are; not when `use_files` is false.
Result<std::unique_ptr<ProcessImage>> readCoreFile(const std::filesystem::path& path);
Result<std::unique_ptr<ProcessImage>> readCoreBytes(std::span<const std::byte> bytes, const std::string& name,
                                                    bool use_files);

}  // namespace gridlock::observe
