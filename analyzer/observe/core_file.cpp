// Reading a core file: notes for the threads, segments for the memory. Nothing in it is believed: every
// offset is checked against the file, every count against what the file has room for. See process_image.h.
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "analyzer/observe/process_image.h"

namespace gridlock::observe {
namespace {

constexpr std::size_t kMostThreads = 1u << 16;
constexpr std::size_t kMostMappings = 1u << 17;
constexpr std::size_t kLongestName = 4096;
constexpr std::size_t kMostArguments = 256;

// A file that is mapped to be read, and let go at the end.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() {
    if (memory_ != nullptr) munmap(memory_, size_);
  }
  // 0, or an errno; EINVAL for what is no regular file.
  int open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return errno;
    struct stat about{};
    int error = fstat(fd, &about) != 0 ? errno : !S_ISREG(about.st_mode) ? EINVAL : 0;
    if (error == 0 && about.st_size > 0) {
      size_ = static_cast<std::size_t>(about.st_size);
      memory_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
      if (memory_ == MAP_FAILED) {
        memory_ = nullptr;
        error = errno;
      }
    }
    ::close(fd);
    return error;
  }
  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(memory_), memory_ == nullptr ? 0 : size_};
  }

 private:
  void* memory_ = nullptr;
  std::size_t size_ = 0;
};

// The layout of NT_PRSTATUS on x86-64: the thread's id and its registers.
constexpr std::size_t kStatusSize = 336;
constexpr std::size_t kStatusPid = 32;
constexpr std::size_t kStatusRegisters = 112;
// In the order of user_regs_struct.
enum Saved {
  kR15,
  kR14,
  kR13,
  kR12,
  kRbp,
  kRbx,
  kR11,
  kR10,
  kR9,
  kR8,
  kRax,
  kRcx,
  kRdx,
  kRsi,
  kRdi,
  kOrigRax,
  kRip,
  kCs,
  kFlags,
  kRsp
};
// NT_PRPSINFO.
constexpr std::size_t kInfoPid = 24;
constexpr std::size_t kInfoParent = 28;
constexpr std::size_t kInfoName = 40;
constexpr std::size_t kInfoArguments = 56;
constexpr std::size_t kInfoSize = 136;

class CoreFile : public ProcessImage {
 public:
  bool read(std::uint64_t address, void* to, std::size_t bytes) const override {
    auto* out = static_cast<std::byte*>(to);
    while (bytes > 0) {
      const std::size_t got = readSome(address, out, bytes);
      if (got == 0) return false;
      address += got;
      out += got;
      bytes -= got;
    }
    return true;
  }

  Status open(const std::filesystem::path& path) {
    if (const int error = own_.open(path.string()); error != 0) {
      return Error{error == EINVAL ? "not a regular file" : std::strerror(error), path.string()};
    }
    return load(own_.bytes(), path.string(), true);
  }

  Status load(std::span<const std::byte> bytes, const std::string& name, bool use_files) {
    bytes_ = bytes;
    use_files_ = use_files;
    Elf64_Ehdr header{};
    if (!copy(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
      return Error{"not a core file: it does not begin as an ELF file does", name};
    }
    if (header.e_type != ET_CORE) return Error{"an ELF file, but no core file", name};
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) {
      return Error{"the core file of another kind of machine; x86-64 alone is known", name};
    }
    if (header.e_phentsize != sizeof(Elf64_Phdr))
      return Error{"the program headers are of a wrong size", name};
    std::uint64_t count = header.e_phnum;
    if (count == PN_XNUM) {  // more segments than the field can say: the first section says it
      Elf64_Shdr first{};
      if (!copy(header.e_shoff, first)) return Error{"the file ends before its section header", name};
      count = first.sh_info;
    }
    std::vector<Elf64_Phdr> notes;
    for (std::uint64_t i = 0; i < count && i < kMostMappings; ++i) {
      Elf64_Phdr segment{};
      if (!copy(header.e_phoff + i * sizeof segment, segment)) {
        return Error{"the file ends before its last program header", name};
      }
      if (segment.p_type == PT_NOTE) notes.push_back(segment);
      if (segment.p_type == PT_LOAD && segment.p_memsz > 0 &&
          segment.p_vaddr + segment.p_memsz > segment.p_vaddr)
        segments_.push_back(segment);
    }
    std::ranges::sort(segments_, {}, &Elf64_Phdr::p_vaddr);
    for (const Elf64_Phdr& segment : notes) readNotes(segment.p_offset, segment.p_filesz);
    if (threads.empty()) return Error{"the core file tells of no thread", name};
    finish();
    return ok();
  }

 private:
  template <typename T>
  bool copy(std::uint64_t offset, T& out) const {
    if (offset > bytes_.size() || sizeof(T) > bytes_.size() - offset) return false;
    std::memcpy(&out, bytes_.data() + offset, sizeof(T));
    return true;
  }

  std::size_t readSome(std::uint64_t address, std::byte* to, std::size_t bytes) const {
    const auto after = std::ranges::upper_bound(segments_, address, {}, &Elf64_Phdr::p_vaddr);
    if (after != segments_.begin()) {
      const Elf64_Phdr& segment = *(after - 1);
      const std::uint64_t inside = address - segment.p_vaddr;
      if (inside < segment.p_filesz && segment.p_offset <= bytes_.size() &&
          inside < bytes_.size() - segment.p_offset) {
        const std::uint64_t there =
            std::min(segment.p_filesz - inside, bytes_.size() - segment.p_offset - inside);
        const std::size_t part = std::min<std::uint64_t>(bytes, there);
        std::memcpy(to, bytes_.data() + segment.p_offset + inside, part);
        return part;
      }
    }
    const ImageMapping* mapping = use_files_ ? mappingAt(address) : nullptr;
    if (mapping == nullptr || mapping->path.empty()) return 0;
    auto& file = files_[mapping->path];
    if (!file) {
      file = std::make_unique<MappedFile>();
      (void)file->open(mapping->path);
    }
    const std::span<const std::byte> content = file->bytes();
    const std::uint64_t at = mapping->offset + (address - mapping->begin);
    if (at >= content.size()) return 0;
    const std::size_t part =
        std::min({static_cast<std::uint64_t>(bytes), content.size() - at, mapping->end - address});
    std::memcpy(to, content.data() + at, part);
    return part;
  }

  void readNotes(std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t end = offset > bytes_.size() ? 0 : offset + std::min(length, bytes_.size() - offset);
    while (offset < end && end - offset >= sizeof(Elf64_Nhdr)) {
      Elf64_Nhdr note{};
      if (!copy(offset, note)) return;
      const std::uint64_t content = offset + sizeof note + (std::uint64_t{note.n_namesz} + 3) / 4 * 4;
      if (content > end || note.n_descsz > end - content) return;
      const std::span<const std::byte> description = bytes_.subspan(content, note.n_descsz);
      if (note.n_type == NT_PRSTATUS) readStatus(description);
      if (note.n_type == NT_PRPSINFO) readInfo(description);
      if (note.n_type == NT_FILE) readFiles(description);
      offset = content + (std::uint64_t{note.n_descsz} + 3) / 4 * 4;
    }
  }

  void readStatus(std::span<const std::byte> note) {
    if (note.size() < kStatusSize || threads.size() >= kMostThreads) return;
    ImageThread thread;
    std::int32_t id = 0;
    std::memcpy(&id, note.data() + kStatusPid, sizeof id);
    thread.tid = thread.outer_tid = id;
    std::array<std::uint64_t, 27> saved{};
    std::memcpy(saved.data(), note.data() + kStatusRegisters, sizeof saved);
    thread.registers = {saved[kRax], saved[kRdx], saved[kRcx], saved[kRbx], saved[kRsi], saved[kRdi],
                        saved[kRbp], saved[kRsp], saved[kR8],  saved[kR9],  saved[kR10], saved[kR11],
                        saved[kR12], saved[kR13], saved[kR14], saved[kR15], saved[kRip]};
    thread.call = static_cast<long>(saved[kOrigRax]);
    thread.in_call = thread.call >= 0;
    thread.arguments = {saved[kRdi], saved[kRsi], saved[kRdx], saved[kR10], saved[kR8], saved[kR9]};
    threads.push_back(std::move(thread));
  }

  void readInfo(std::span<const std::byte> note) {
    if (note.size() < kInfoSize) return;
    std::int32_t id = 0;
    std::memcpy(&id, note.data() + kInfoPid, sizeof id);
    pid = id;
    std::memcpy(&id, note.data() + kInfoParent, sizeof id);
    parent = id;
    const auto text = [&](std::size_t at, std::size_t room) {
      const char* from = reinterpret_cast<const char*>(note.data() + at);
      return std::string(from, strnlen(from, room));
    };
    name_ = text(kInfoName, kInfoArguments - kInfoName);
    std::string all = text(kInfoArguments, kInfoSize - kInfoArguments);
    for (std::size_t from = 0; from < all.size() && command.size() < kMostArguments;) {
      const std::size_t blank = std::min(all.find(' ', from), all.size());
      if (blank > from) command.push_back(all.substr(from, blank - from));
      from = blank + 1;
    }
  }

  // Count, page size, then begin, end and page of each mapping, then the names.
  void readFiles(std::span<const std::byte> note) {
    const auto word = [&](std::uint64_t at) {
      std::uint64_t out = 0;
      if (note.size() >= 8 && at <= note.size() - 8) std::memcpy(&out, note.data() + at, 8);
      return out;
    };
    const std::uint64_t count = word(0);
    const std::uint64_t page = word(8);
    if (count > note.size() / 24 || count > kMostMappings) return;
    std::uint64_t name = 16 + count * 24;
    for (std::uint64_t i = 0; i < count && name < note.size(); ++i) {
      const char* text = reinterpret_cast<const char*>(note.data() + name);
      const std::size_t length = strnlen(text, note.size() - name);
      ImageMapping mapping;
      mapping.begin = word(16 + i * 24);
      mapping.end = word(24 + i * 24);
      mapping.offset = word(32 + i * 24) * page;
      if (length < kLongestName) mapping.path.assign(text, length);
      name += length + 1;
      if (mapping.begin < mapping.end) mappings.push_back(std::move(mapping));
    }
  }

  void finish() {
    for (const Elf64_Phdr& segment : segments_) {
      const auto file = std::ranges::find_if(mappings, [&](const ImageMapping& mapping) {
        return !mapping.path.empty() && segment.p_vaddr >= mapping.begin && segment.p_vaddr < mapping.end;
      });
      if (file != mappings.end()) {
        file->executable = file->executable || (segment.p_flags & PF_X) != 0;
        continue;
      }
      unnamed_.push_back(
          {segment.p_vaddr, segment.p_vaddr + segment.p_memsz, 0, "", "", (segment.p_flags & PF_X) != 0});
    }
    mappings.insert(mappings.end(), unnamed_.begin(), unnamed_.end());
    if (use_files_) {
      findModules();
    } else {
      std::ranges::sort(mappings, {}, &ImageMapping::begin);
    }
    // The first note is of the thread that the signal was for, not the main one.
    const auto main = std::ranges::find(threads, pid, &ImageThread::tid);
    if (main != threads.end()) std::rotate(threads.begin(), main, main + 1);
    for (ImageThread& thread : threads) {
      thread.name = name_;
      const std::uint64_t pc = thread.registers[kProgramCounter].value_or(0);
      std::uint16_t before = 0;
      // Who did not come out of a system call has no call to tell of.
      constexpr std::uint16_t kSyscallInstruction = 0x050f;
      thread.in_call =
          thread.in_call && read(pc - 2, &before, sizeof before) && before == kSyscallInstruction;
    }
    for (const ImageModule& module : modules) {
      if (executable.empty() &&
          std::filesystem::path(module.path).filename().string().starts_with(name_.substr(0, 15)))
        executable = module.path;
    }
    if (executable.empty() && !modules.empty()) executable = modules.front().path;
  }

  MappedFile own_;
  std::span<const std::byte> bytes_;
  bool use_files_ = false;
  std::string name_;
  std::vector<Elf64_Phdr> segments_;
  std::vector<ImageMapping> unnamed_;
  mutable std::map<std::string, std::unique_ptr<MappedFile>> files_;
};

}  // namespace

Result<std::unique_ptr<ProcessImage>> readCoreFile(const std::filesystem::path& path) {
  auto core = std::make_unique<CoreFile>();
  if (Status status = core->open(path); !status) return status.error();
  return std::unique_ptr<ProcessImage>(std::move(core));
}

Result<std::unique_ptr<ProcessImage>> readCoreBytes(std::span<const std::byte> bytes, const std::string& name,
                                                    bool use_files) {
  auto core = std::make_unique<CoreFile>();
  if (Status status = core->load(bytes, name, use_files); !status) return status.error();
  return std::unique_ptr<ProcessImage>(std::move(core));
}

}  // namespace gridlock::observe
