// See process_image.h.
#include "analyzer/observe/process_image.h"

#include <elf.h>

#include <algorithm>
#include <fstream>

namespace gridlock::observe {
namespace {

// Lowest address of the file's first loaded byte; none for what is no ELF file of ours.
std::optional<std::uint64_t> firstLoadedAddress(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  Elf64_Ehdr header{};
  if (!in.read(reinterpret_cast<char*>(&header), sizeof header)) return std::nullopt;
  if (std::string_view(reinterpret_cast<const char*>(header.e_ident), SELFMAG) != ELFMAG ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr)) {
    return std::nullopt;
  }
  in.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    if (!in.read(reinterpret_cast<char*>(&segment), sizeof segment)) return std::nullopt;
    if (segment.p_type == PT_LOAD) return segment.p_vaddr - segment.p_offset;
  }
  return std::nullopt;
}

}  // namespace

const ImageMapping* ProcessImage::mappingAt(std::uint64_t address) const {
  const auto after = std::ranges::upper_bound(mappings, address, {}, &ImageMapping::begin);
  if (after == mappings.begin()) return nullptr;
  const ImageMapping& at = *(after - 1);
  return address < at.end ? &at : nullptr;
}

const ImageModule* ProcessImage::moduleAt(std::uint64_t address) const {
  const auto at = std::ranges::find_if(
      modules, [&](const ImageModule& module) { return address >= module.begin && address < module.end; });
  return at == modules.end() ? nullptr : &*at;
}

void ProcessImage::findModules() {
  std::ranges::sort(mappings, {}, &ImageMapping::begin);
  for (const ImageMapping& mapping : mappings) {
    if (mapping.path.empty() || mapping.path[0] != '/') continue;
    const auto known =
        std::ranges::find_if(modules, [&](const ImageModule& module) { return module.path == mapping.path; });
    if (known != modules.end()) {
      known->end = std::max(known->end, mapping.end);
      continue;
    }
    if (mapping.offset != 0) continue;
    const auto first = firstLoadedAddress(mapping.path);
    if (first) modules.push_back({mapping.begin, mapping.end, mapping.begin - *first, mapping.path});
  }
  // Variables that begin as zero lie behind the file's last mapping, in one without a name.
  for (ImageModule& module : modules) {
    const auto next = std::ranges::find(mappings, module.end, &ImageMapping::begin);
    if (next != mappings.end() && next->path.empty()) module.end = next->end;
  }
}

}  // namespace gridlock::observe
