// See cache.h. An entry is text, one dependency a line ("R hash path", "M path"), an empty line, and the
// facts as they are.
#include "analyzer/extract/cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "analyzer/facts/facts.h"
#include "analyzer/facts/hash.h"

namespace gridlock::extract {
namespace {

constexpr std::string_view kHead = "gridlock-cache-1\n";
constexpr std::string_view kDraft = ".tmp";  // begins the ending of what is being written
constexpr std::chrono::hours kBetweenTrims{1};

std::optional<std::string> contentsOf(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

std::string hex(std::uint64_t number) {
  char text[17];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number, 16);
  return error == std::errc() ? std::string(text, end) : std::string();
}

// Whole or not at all.
void writeEntry(const std::string& entry, const std::string& text) {
  const std::string draft = entry + std::string(kDraft) + std::to_string(getpid());
  std::ofstream out(draft, std::ios::binary);
  out << text;
  out.close();
  if (!out || std::rename(draft.c_str(), entry.c_str()) != 0) unlink(draft.c_str());
}

// What is used stays.
void markUsed(const std::string& entry) {
  std::error_code ignored;
  std::filesystem::last_write_time(entry, std::filesystem::file_time_type::clock::now(), ignored);
}

// A new build of the tool may extract something else from the same source.
std::string identityOfTool() {
  struct stat status{};
  if (stat("/proc/self/exe", &status) != 0) return "";
  return hex(static_cast<std::uint64_t>(status.st_size)) + "." +
         hex(static_cast<std::uint64_t>(status.st_mtim.tv_sec)) + "." +
         hex(static_cast<std::uint64_t>(status.st_mtim.tv_nsec));
}

}  // namespace

std::string FactsCache::defaultFolder() {
  if (const char* folder = std::getenv("GRIDLOCK_CACHE")) return folder;
  if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder && *folder)
    return std::string(folder) + "/gridlock";
  if (const char* home = std::getenv("HOME"); home && *home) return std::string(home) + "/.cache/gridlock";
  return "";
}

FactsCache::FactsCache(std::string folder, std::string root)
    : folder_(std::move(folder)), root_(std::move(root)), tool_(identityOfTool()) {
  if (tool_.empty()) folder_.clear();
  std::error_code error;
  if (!folder_.empty()) std::filesystem::create_directories(folder_, error);
  if (error) folder_.clear();
}

std::string FactsCache::entryOf(const CompileCommand& command) const {
  facts::Hasher hasher;
  hasher.add(facts::kFactsVersion);
  hasher.add(std::string_view(tool_));
  hasher.add(std::string_view(root_));
  hasher.add(std::string_view(command.directory));
  hasher.add(std::string_view(command.file));
  for (const std::string& argument : command.arguments) hasher.add(std::string_view(argument));
  return folder_ + "/" + hex(hasher.value()) + ".glc";
}

std::uint64_t FactsCache::contentOf(const std::string& file) {
  const auto [at, is_new] = contents_.try_emplace(file, 0);
  if (is_new)
    if (const std::optional<std::string> content = contentsOf(file)) at->second = facts::hashOf(*content);
  return at->second;
}

std::optional<std::string> FactsCache::find(const CompileCommand& command) {
  if (folder_.empty()) return std::nullopt;
  const std::string entry = entryOf(command);
  std::optional<std::string> text = contentsOf(entry);
  if (!text || !text->starts_with(kHead)) return std::nullopt;
  std::size_t at = kHead.size();
  while (true) {
    const std::size_t end = text->find('\n', at);
    if (end == std::string::npos) return std::nullopt;
    const std::string_view line = std::string_view(*text).substr(at, end - at);
    at = end + 1;
    if (line.empty()) break;
    if (line.starts_with("M ")) {
      const std::string path(line.substr(2));
      const auto [known, is_new] = exists_.try_emplace(path, false);
      if (is_new) known->second = access(path.c_str(), F_OK) == 0;
      if (known->second) return std::nullopt;
    } else if (line.starts_with("R ")) {
      std::uint64_t expected = 0;
      const char* begin = line.data() + 2;
      const auto [after, error] = std::from_chars(begin, line.data() + line.size(), expected, 16);
      if (error != std::errc() || after == line.data() + line.size()) return std::nullopt;
      const std::string path(after + 1, line.data() + line.size());
      if (contentOf(path) != expected) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  markUsed(entry);
  return text->substr(at);
}

void FactsCache::store(const CompileCommand& command, const Dependencies& dependencies,
                       const std::string& facts) {
  if (folder_.empty()) return;
  std::string text(kHead);
  for (const std::string& path : dependencies.read) {
    const std::uint64_t content = contentOf(path);
    if (content == 0 || path.find('\n') != std::string::npos) return;  // not to be relied on
    text += "R " + hex(content) + " " + path + "\n";
  }
  for (const std::string& path : dependencies.missing)
    if (path.find('\n') == std::string::npos) text += "M " + path + "\n";
  text += "\n" + facts;
  writeEntry(entryOf(command), text);
}

std::string FactsCache::resultOf(std::uint64_t key) const {
  facts::Hasher hasher;
  hasher.add(facts::kFactsVersion);
  hasher.add(std::string_view(tool_));
  hasher.add(key);
  return folder_ + "/" + hex(hasher.value()) + ".glr";
}

std::optional<std::string> FactsCache::findResult(std::uint64_t key) const {
  if (folder_.empty()) return std::nullopt;
  const std::string entry = resultOf(key);
  std::optional<std::string> text = contentsOf(entry);
  // A hash of the content stands before it.
  const std::size_t end = text ? text->find('\n') : std::string::npos;
  if (end == std::string::npos) return std::nullopt;
  std::string content = text->substr(end + 1);
  if (text->substr(0, end) != hex(facts::hashOf(content))) return std::nullopt;
  markUsed(entry);
  return content;
}

void FactsCache::storeResult(std::uint64_t key, const std::string& bytes) const {
  if (!folder_.empty()) writeEntry(resultOf(key), hex(facts::hashOf(bytes)) + "\n" + bytes);
}

void FactsCache::trim(std::uint64_t most) {
  if (folder_.empty()) return;
  const auto now = std::filesystem::file_time_type::clock::now();
  const auto recent = [now](std::filesystem::file_time_type time) {
    return time <= now && now - time < kBetweenTrims;
  };
  std::error_code error;
  const std::string stamp = folder_ + "/trimmed";
  const auto last = std::filesystem::last_write_time(stamp, error);
  if (!error && recent(last)) return;
  std::ofstream(stamp) << "";
  markUsed(stamp);
  struct Entry {
    std::filesystem::file_time_type used;
    std::uint64_t size;
    std::filesystem::path path;
  };
  std::vector<Entry> entries;
  std::uint64_t total = 0;
  for (const auto& item : std::filesystem::directory_iterator(folder_, error)) {
    const std::string ending = item.path().extension().string();
    const bool draft = ending.starts_with(kDraft);
    if (!draft && ending != ".glc" && ending != ".glr") continue;
    Entry entry{item.last_write_time(error), item.file_size(error), item.path()};
    if (error) continue;
    if (draft) {
      if (!recent(entry.used)) std::filesystem::remove(entry.path, error);
      continue;
    }
    total += entry.size;
    entries.push_back(std::move(entry));
  }
  if (total <= most) return;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (total <= most / 2) break;
    if (std::filesystem::remove(entry.path, error)) total -= entry.size;
  }
}

}  // namespace gridlock::extract
