// Lines of the source files that a report names, for writers that quote them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gridlock::report {

// Reads each file once; a file that cannot be read, or is too large to be a source, has no lines.
class SourceLines {
 public:
  explicit SourceLines(std::vector<std::string> roots) : roots_(std::move(roots)) {}

  // The text of a line (from 1), tabs as they are, without its end; none when it is not there.
  std::optional<std::string> line(const std::string& file, int number);

 private:
  const std::vector<std::string>& lines(const std::string& file);

  std::vector<std::string> roots_;
  std::map<std::string, std::vector<std::string>> files_;
};

}  // namespace gridlock::report
