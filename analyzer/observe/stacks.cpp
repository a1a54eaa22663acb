// See stacks.h.
#include "analyzer/observe/stacks.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace gridlock::observe {
namespace {

// Deeper stacks than any shim stores; a cycle among parents ends here, too.
constexpr std::size_t kDeepestStack = 512;

std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

bool startsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool isSystemModule(const std::string& module) {
  const std::string name = StackReader::baseName(module);
  static constexpr std::array kPrefixes{"libgridlock_rt", "libc.so",    "libc-2.",   "libpthread",
                                        "libstdc++.",     "libc++.",    "libc++abi", "ld-linux",
                                        "ld-2.",          "libgcc_s",   "libtsan",   "libasan",
                                        "libclang_rt",    "linux-vdso", "libunwind"};
  return std::ranges::any_of(kPrefixes, [&](const char* prefix) { return startsWith(name, prefix); });
}

// Where the C library's own sources once lay helps nobody, and must not pass for the user's place.
template <typename Where>
void leaveFunction(Where& where) {
  where.file.clear();
  where.line = where.column = 0;
}

}  // namespace

bool isSystemCode(const std::string& function, const std::string& path, const std::string& module) {
  if (isSystemModule(module)) return true;
  static constexpr std::array kFunctions{"std::", "__gnu_cxx::", "__gthread", "__gthrw", "__cxa_", "_start"};
  for (const char* prefix : kFunctions) {
    if (startsWith(function, prefix)) return true;
  }
  // Without a source and by a reserved name: the C library's own, linked statically.
  if (path.empty() && (startsWith(function, "__") || startsWith(function, "pthread_") ||
                       startsWith(function, "futex_") || startsWith(function, "lll_"))) {
    return true;
  }
  static constexpr std::array kPaths{"/usr/include/", "/usr/lib/", "/usr/local/include/"};
  return std::ranges::any_of(kPaths, [&](const char* prefix) { return startsWith(path, prefix); });
}

std::string Place::where() const {
  if (!code.file.empty()) return code.file + ":" + std::to_string(code.line);
  if (!module.empty()) return StackReader::baseName(module) + "+" + hex(address);
  return "an unknown place";
}

std::string Place::text() const {
  if (code.function.empty()) return where();
  if (!code.file.empty()) return where() + " in " + code.function;
  return module.empty() ? code.function : code.function + " (" + where() + ")";
}

std::string Place::key() const {
  if (!code.path.empty()) return code.path + ":" + std::to_string(code.line) + ":" + code.function;
  return module + "+" + hex(address);
}

model::Id SiteTable::site(const std::string& module, std::uint64_t address, std::size_t level) {
  const auto [at, fresh] =
      sites_.try_emplace({module, address, level}, static_cast<model::Id>(report_.sites.size()));
  if (!fresh) return at->second;
  const CodePlace& place = symbolizer_.code(module, address);
  level = std::min(level, place.frames.size() - 1);
  model::Site site;
  site.id = at->second;
  site.file = place.frames[level].file;
  site.line = place.frames[level].line;
  site.column = place.frames[level].column;
  site.function = place.frames[level].function;
  site.module = StackReader::baseName(module);
  if (site.file.empty() && site.function.empty()) {
    site.function = site.module.empty() ? "unknown" : site.module + "+" + hex(address);
  }
  if (isSystemModule(module)) leaveFunction(site);
  for (std::size_t i = level + 1; i < place.frames.size() && !isSystemModule(module); ++i) {
    const CodeFrame& frame = place.frames[i];
    site.inlined.push_back({frame.file, frame.line, frame.column, frame.function});
  }
  report_.sites.push_back(std::move(site));
  return at->second;
}

model::Id SiteTable::declaration(const std::string& file, int line) {
  const auto [at, fresh] =
      declarations_.try_emplace({file, line}, static_cast<model::Id>(report_.sites.size()));
  if (fresh) {
    model::Site site;
    site.id = at->second;
    site.file = file;
    site.line = line;
    report_.sites.push_back(std::move(site));
  }
  return at->second;
}

model::Id SiteTable::stack(const std::vector<model::Id>& frames) {
  const auto [at, fresh] = stacks_.try_emplace(frames, static_cast<model::Id>(report_.stacks.size()));
  if (fresh) report_.stacks.push_back({at->second, frames});
  return at->second;
}

StackReader::StackReader(const RecordFile& file, SiteTable& sites) : file_(file), sites_(sites) {
  const std::string executable(file.text(file.header().executable));
  for (record::Index i = 1; i < file.count<record::ModuleRow>(); ++i) {
    const record::ModuleRow* row = file.valid<record::ModuleRow>(i);
    if (!row || row->end <= row->begin) continue;
    Module module{row->begin, row->end, row->load_bias, std::string(file.text(row->path)),
                  row->state.load() == 2};
    if (module.path.empty()) module.path = executable;
    modules_.push_back(std::move(module));
  }
}

std::string StackReader::baseName(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::optional<std::pair<std::string, std::uint64_t>> StackReader::inModule(std::uint64_t address) const {
  const Module* best = nullptr;
  for (const Module& module : modules_) {
    if (address < module.begin || address >= module.end) continue;
    if (!best || (best->unloaded && !module.unloaded)) best = &module;
  }
  if (!best) return std::nullopt;
  return std::pair{best->path, address - best->bias};
}

std::vector<std::uint64_t> StackReader::addresses(record::Index frame) const {
  std::vector<std::uint64_t> out;
  while (out.size() < kDeepestStack) {
    const record::FrameRow* row = file_.row<record::FrameRow>(frame);
    if (!row) break;
    const std::uint64_t pc = row->pc.load(std::memory_order_acquire);
    if (pc == 0) break;
    out.push_back(pc);
    frame = row->parent;
  }
  return out;
}

std::vector<Place> StackReader::placesOf(std::uint64_t return_address) {
  std::vector<Place> out;
  const auto where = inModule(return_address - 1);
  if (!where) {
    out.emplace_back();
    return out;
  }
  const CodePlace& code = sites_.symbolizer().code(where->first, where->second);
  for (std::size_t level = 0; level < code.frames.size(); ++level) {
    CodeFrame frame = code.frames[level];
    const bool user = !isSystemCode(frame.function, frame.path, where->first);
    if (isSystemModule(where->first)) leaveFunction(frame);
    out.push_back({where->first, where->second, level, std::move(frame), user});
  }
  return out;
}

const std::vector<Place>& StackReader::places(record::Index frame) {
  const auto found = places_.find(frame);
  if (found != places_.end()) return found->second;
  std::vector<Place> out;
  for (const std::uint64_t pc : addresses(frame)) {
    for (Place& place : placesOf(pc)) out.push_back(std::move(place));
  }
  return places_.emplace(frame, std::move(out)).first->second;
}

std::optional<model::Id> StackReader::stack(record::Index frame) {
  if (!file_.row<record::FrameRow>(frame)) return std::nullopt;
  const auto found = stacks_.find(frame);
  if (found != stacks_.end()) return found->second;
  std::vector<model::Id> sites;
  for (const std::uint64_t pc : addresses(frame)) {
    const auto where = inModule(pc - 1);
    sites.push_back(where ? sites_.site(where->first, where->second) : sites_.site("", 0));
  }
  std::optional<model::Id> id;
  if (!sites.empty()) id = sites_.stack(sites);
  stacks_.emplace(frame, id);
  return id;
}

std::size_t StackReader::userLevel(const std::vector<Place>& all) const {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].user && !all[i].module.empty()) return i;
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!startsWith(baseName(all[i].module), "libgridlock_rt") && all[i].known()) return i;
  }
  return 0;
}

Place StackReader::userPlace(record::Index frame) {
  const std::vector<Place>& all = places(frame);
  return all.empty() ? Place{} : all[userLevel(all)];
}

std::optional<model::Id> StackReader::userSite(record::Index frame) { return siteOf(userPlace(frame)); }

Place StackReader::placeOf(std::uint64_t return_address) {
  if (return_address == 0) return {};
  const std::vector<Place> all = placesOf(return_address);
  return all[userLevel(all)];
}

std::optional<model::Id> StackReader::siteOf(const Place& place) {
  if (!place.known()) return std::nullopt;
  return sites_.site(place.module, place.address, place.level);
}

}  // namespace gridlock::observe
