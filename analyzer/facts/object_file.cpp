// See object_file.h. ELF as in the System V ABI, both widths, little-endian; archives as in ar(5), with
// GNU's long names and thin archives.
#include "analyzer/facts/object_file.h"

#include <elf.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

#include "analyzer/facts/frame.h"
#include "analyzer/facts/io.h"

namespace gridlock::facts {
namespace {

constexpr std::string_view kArchive = "!<arch>\n";
constexpr std::string_view kThinArchive = "!<thin>\n";
constexpr std::string_view kBitcode = "BC\xc0\xde";
constexpr std::size_t kMostNames = 4096;  // libraries and paths of one file; more is no real file

struct Elf64 {
  using Header = Elf64_Ehdr;
  using Section = Elf64_Shdr;
  using Dynamic = Elf64_Dyn;
};
struct Elf32 {
  using Header = Elf32_Ehdr;
  using Section = Elf32_Shdr;
  using Dynamic = Elf32_Dyn;
};

// The bytes from `offset` on, or none where they are not all there.
bool slice(std::string_view bytes, std::uint64_t offset, std::uint64_t size, std::string_view& out) {
  if (offset > bytes.size() || size > bytes.size() - offset) return false;
  out = bytes.substr(offset, size);
  return true;
}

template <typename T>
bool read(std::string_view bytes, std::uint64_t offset, T& out) {
  std::string_view part;
  if (!slice(bytes, offset, sizeof(T), part)) return false;
  std::memcpy(&out, part.data(), sizeof(T));
  return true;
}

// The text at `offset`, up to its zero; empty where there is no zero.
std::string_view textAt(std::string_view table, std::uint64_t offset) {
  if (offset >= table.size()) return {};
  const std::size_t end = table.find('\0', offset);
  return end == std::string_view::npos ? std::string_view() : table.substr(offset, end - offset);
}

void splitPaths(std::string_view list, std::vector<std::string>& out) {
  out.clear();
  while (!list.empty() && out.size() < kMostNames) {
    const std::size_t colon = list.find(':');
    if (colon != 0) out.emplace_back(list.substr(0, colon));
    list.remove_prefix(colon == std::string_view::npos ? list.size() : colon + 1);
  }
}

template <typename Elf>
class ElfReader {
 public:
  ElfReader(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  Status read(ObjectFile& out) {
    typename Elf::Header header;
    if (!facts::read(bytes_, 0, header)) return wrong("the ELF header is cut off");
    switch (header.e_type) {
      case ET_REL:
        out.kind = ObjectKind::Object;
        break;
      case ET_EXEC:
        out.kind = ObjectKind::Program;
        break;
      case ET_DYN:
        out.kind = ObjectKind::SharedLibrary;
        break;
      default:
        return wrong("this ELF file is neither a program nor a library nor an object");
    }
    if (header.e_shoff == 0) return ok();  // no sections: no facts
    if (header.e_shentsize != sizeof(typename Elf::Section))
      return wrong("the section headers have a wrong size");
    typename Elf::Section first;
    if (!facts::read(bytes_, header.e_shoff, first)) return wrong("the section headers are cut off");
    const std::uint64_t count = header.e_shnum != 0 ? header.e_shnum : first.sh_size;
    const std::uint64_t names_at = header.e_shstrndx != SHN_XINDEX ? header.e_shstrndx : first.sh_link;
    std::string_view table;
    if (count > bytes_.size() / sizeof(typename Elf::Section) ||
        !slice(bytes_, header.e_shoff, count * sizeof(typename Elf::Section), table))
      return wrong("the section headers are cut off");
    sections_ = table;
    std::string_view names;
    typename Elf::Section names_row;
    if (!section(names_at, names_row) || !content(names_row, names))
      return wrong("the table of section names is not there");
    for (std::uint64_t at = 0; at < count; ++at) {
      typename Elf::Section row;
      section(at, row);
      if (row.sh_type == SHT_DYNAMIC) {
        dynamic(row, out);
      } else if (row.sh_type == SHT_PROGBITS && textAt(names, row.sh_name) == kSectionName) {
        std::string_view bytes;
        if ((row.sh_flags & SHF_COMPRESSED) != 0) return wrong("the facts in it are compressed");
        if (!content(row, bytes)) return wrong("the facts in it are cut off");
        if (!bytes.empty()) out.sections.push_back({bytes, name_});
      } else if (row.sh_type == SHT_PROGBITS && textAt(names, row.sh_name) == ".interp" &&
                 out.kind == ObjectKind::SharedLibrary) {
        out.kind = ObjectKind::Program;
      }
    }
    return ok();
  }

 private:
  Status wrong(const char* what) const { return Error{what, name_}; }

  bool section(std::uint64_t at, typename Elf::Section& out) const {
    return at < sections_.size() / sizeof out && facts::read(sections_, at * sizeof out, out);
  }
  bool content(const typename Elf::Section& row, std::string_view& out) const {
    return row.sh_type != SHT_NOBITS && slice(bytes_, row.sh_offset, row.sh_size, out);
  }

  void dynamic(const typename Elf::Section& row, ObjectFile& out) const {
    std::string_view entries, names;
    typename Elf::Section names_row;
    if (!content(row, entries) || !section(row.sh_link, names_row) || !content(names_row, names)) return;
    std::vector<std::string> old_paths;
    typename Elf::Dynamic entry;
    for (std::uint64_t at = 0; facts::read(entries, at, entry) && entry.d_tag != DT_NULL;
         at += sizeof entry) {
      const std::string_view text = textAt(names, entry.d_un.d_val);
      if (text.empty()) continue;
      if (entry.d_tag == DT_NEEDED && out.needed.size() < kMostNames) out.needed.emplace_back(text);
      if (entry.d_tag == DT_SONAME) out.shared_name = text;
      if (entry.d_tag == DT_RUNPATH) splitPaths(text, out.library_paths);
      if (entry.d_tag == DT_RPATH) splitPaths(text, old_paths);
    }
    if (out.library_paths.empty()) out.library_paths = std::move(old_paths);
  }

  std::string_view bytes_;
  std::string_view sections_;
  std::string name_;
};

Status readElf(std::string_view bytes, const std::string& name, ObjectFile& out) {
  if (bytes.size() < EI_NIDENT) return Error{"the ELF header is cut off", name};
  if (bytes[EI_DATA] != ELFDATA2LSB) return Error{"this ELF file is not little-endian", name};
  if (bytes[EI_CLASS] == ELFCLASS64) return ElfReader<Elf64>(bytes, name).read(out);
  if (bytes[EI_CLASS] == ELFCLASS32) return ElfReader<Elf32>(bytes, name).read(out);
  return Error{"this ELF file is neither for 32 nor for 64 bits", name};
}

struct MemberHeader {
  char name[16], date[12], owner[6], group[6], mode[8], size[10], end[2];
};
static_assert(sizeof(MemberHeader) == 60);

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// "/12" in the table of long names, "a.o/" as it stands.
std::string memberName(std::string_view name, std::string_view long_names) {
  name = trimmed(name);
  if (name.size() > 1 && name[0] == '/' && name[1] >= '0' && name[1] <= '9') {
    std::size_t at = 0;
    std::from_chars(name.data() + 1, name.data() + name.size(), at);
    if (at >= long_names.size()) return "?";
    name = long_names.substr(at, long_names.find('\n', at) - at);
  }
  if (name.ends_with('/')) name.remove_suffix(1);
  return std::string(name);
}

Status readArchive(std::string_view bytes, const std::string& name, ObjectFile& out) {
  const bool thin = bytes.starts_with(kThinArchive);
  out.kind = ObjectKind::Archive;
  std::string_view long_names;
  std::size_t at = kArchive.size();
  while (at < bytes.size()) {
    MemberHeader header;
    if (!read(bytes, at, header) || std::string_view(header.end, 2) != "`\n")
      return Error{"the archive is damaged", name, "offset " + std::to_string(at)};
    const std::string_view digits = trimmed(std::string_view(header.size, sizeof header.size));
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (error != std::errc() || end != digits.data() + digits.size())
      return Error{"the archive is damaged", name, "offset " + std::to_string(at)};
    at += sizeof header;
    const std::string_view raw = trimmed(std::string_view(header.name, sizeof header.name));
    const bool is_table = raw == "/" || raw == "//" || raw == "/SYM64/";
    if (thin && !is_table) {
      if (out.thin_members.size() < (std::size_t{1} << 20))
        out.thin_members.push_back(memberName(raw, long_names));
      continue;
    }
    std::string_view content;
    if (!slice(bytes, at, size, content))
      return Error{"the archive is cut off", name, "offset " + std::to_string(at)};
    at += size + size % 2;
    if (raw == "//") long_names = content;
    if (is_table) continue;
    const std::string member = name + "(" + memberName(raw, long_names) + ")";
    if (!content.starts_with(ELFMAG)) continue;
    ObjectFile object;
    if (const Status read = readElf(content, member, object); !read) {
      out.faults.push_back(read.error());
      continue;
    }
    out.sections.insert(out.sections.end(), object.sections.begin(), object.sections.end());
  }
  return ok();
}

}  // namespace

bool isObjectFile(std::string_view head) {
  return head.starts_with(ELFMAG) || head.starts_with(kArchive) || head.starts_with(kThinArchive) ||
         head.starts_with(kBitcode);
}

Result<ObjectFile> readObjectFile(std::string_view bytes, const std::string& name) {
  ObjectFile out;
  if (bytes.starts_with(kBitcode))
    return Error{"this is LLVM bitcode; check the program that is linked from it", name};
  Status read = ok();
  if (bytes.starts_with(ELFMAG)) {
    read = readElf(bytes, name, out);
  } else if (bytes.starts_with(kArchive) || bytes.starts_with(kThinArchive)) {
    read = readArchive(bytes, name, out);
  }
  if (!read) return read.error();
  return out;
}

void readChunks(const FactsSection& section, std::vector<Unit>& units, std::vector<Error>& errors) {
  std::string_view left = section.bytes;
  while (true) {
    const std::size_t start = left.find_first_not_of('\0');
    if (start == std::string_view::npos) return;
    left.remove_prefix(start);
    // Where a frame does not say how long it is, the next begins at the next magic.
    std::uint64_t size = left.find(kFrameMagic, 1);
    if (left.starts_with(kFrameMagic) && left.size() >= kFrameSize) {
      std::uint64_t length = 0;
      for (int byte = 0; byte < 8; ++byte)
        length |= std::uint64_t{static_cast<unsigned char>(left[kFrameLength + byte])} << (8 * byte);
      if (length <= left.size() - kFrameSize) size = kFrameSize + length;
    }
    const std::string_view chunk = left.substr(0, size);
    Result<std::vector<Unit>> read = readUnits(std::as_bytes(std::span(chunk)), section.name);
    if (read) {
      for (Unit& unit : *read) units.push_back(std::move(unit));
    } else {
      // One line for a whole section of another version.
      const bool same = !errors.empty() && errors.back().message == read.error().message &&
                        errors.back().file == read.error().file;
      if (!same) errors.push_back(read.error());
    }
    if (chunk.size() == left.size()) return;
    left.remove_prefix(chunk.size());
  }
}

}  // namespace gridlock::facts
