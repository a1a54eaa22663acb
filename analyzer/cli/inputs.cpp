// Reports and records by content; see inputs.h.
#include "analyzer/cli/inputs.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "analyzer/cli/read_file.h"
#include "analyzer/observe/record_reader.h"
#include "analyzer/report/writer.h"

namespace gridlock::cli {
namespace {

bool endsWith(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

Result<std::vector<model::Report>> readInputs(const std::vector<std::string>& names) {
  std::vector<model::Report> reports;
  std::vector<std::filesystem::path> records;

  const auto readReport = [&](const std::string& text, const std::string& name) -> Status {
    Result<model::Report> report = report::readJson(text, name);
    if (!report) return report.error();
    reports.push_back(std::move(*report));
    return ok();
  };

  for (const std::string& name : names) {
    std::error_code error;
    if (name != "-" && std::filesystem::is_directory(name, error)) {
      std::vector<std::string> found;
      for (const auto& entry : std::filesystem::directory_iterator(name, error))
        if (endsWith(entry.path().string(), ".json") && entry.is_regular_file(error))
          found.push_back(entry.path().string());
      if (error) return Error{"cannot be read: " + error.message(), name};
      std::sort(found.begin(), found.end());
      std::size_t ours = 0;
      for (const std::string& file : found) {
        Result<std::string> text = readFile(file);
        if (!text) return text.error();
        // Other JSON lies about in build folders; only what says that it is a report is one.
        if (text->substr(0, 4096).find("gridlock-report/") == std::string::npos) continue;
        if (Status read = readReport(*text, file); !read) return read.error();
        ++ours;
      }
      if (observe::holdsRecords(name)) {
        records.emplace_back(name);
      } else if (ours == 0) {
        return Error{"the folder holds neither reports nor records", name};
      }
      continue;
    }
    Result<std::string> text = readFile(name);
    if (!text) return text.error();
    if (report::looksLikeJson(*text)) {
      if (Status read = readReport(*text, name); !read) return read.error();
    } else if (name != "-" && observe::holdsRecords(name)) {
      records.emplace_back(name);
    } else {
      return Error{text->empty() ? "the file is empty" : "neither a report nor a flight record", name};
    }
  }
  if (!records.empty()) {
    Result<model::Report> report = observe::readRecords(records);
    if (!report) return report.error();
    reports.push_back(std::move(*report));
  }
  return reports;
}

}  // namespace gridlock::cli
