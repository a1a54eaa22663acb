// Source files by line; see source_lines.h.
#include "analyzer/report/source_lines.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace gridlock::report {
namespace {

constexpr std::uintmax_t kLargest = 16u << 20;

std::vector<std::string> readLines(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::error_code error;
  // Reports may name devices and pipes, which would never end.
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) > kLargest)
    return lines;
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

const std::vector<std::string>& SourceLines::lines(const std::string& file) {
  const auto [entry, added] = files_.try_emplace(file);
  if (!added || file.empty()) return entry->second;
  const std::filesystem::path path(file);
  entry->second = readLines(path);
  if (path.is_absolute()) return entry->second;
  for (const std::string& root : roots_) {
    if (!entry->second.empty()) break;
    entry->second = readLines(std::filesystem::path(root) / path);
  }
  return entry->second;
}

std::optional<std::string> SourceLines::line(const std::string& file, int number) {
  const std::vector<std::string>& all = lines(file);
  if (number < 1 || static_cast<std::size_t>(number) > all.size()) return std::nullopt;
  return all[static_cast<std::size_t>(number) - 1];
}

}  // namespace gridlock::report
