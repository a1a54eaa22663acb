// Formats by name, and files that are written whole or not at all.
#include "analyzer/report/writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

namespace gridlock::report {
namespace {

Error systemError(const std::string& what, const std::string& file, int code) {
  return Error{what + ": " + std::strerror(code), file};
}

Status writeAll(int descriptor, std::string_view bytes, const std::string& file) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor, bytes.data(), bytes.size());
    if (done < 0) {
      if (errno == EINTR) continue;
      return systemError("cannot be written", file, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return ok();
}

}  // namespace

std::optional<Format> formatFromText(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Format>, 7> kFormats = {{{"json", Format::Json},
                                                                            {"text", Format::Text},
                                                                            {"sarif", Format::Sarif},
                                                                            {"html", Format::Html},
                                                                            {"dot", Format::Dot},
                                                                            {"gitlab", Format::Gitlab},
                                                                            {"junit", Format::Junit}}};
  for (const auto& [name, format] : kFormats)
    if (name == text) return format;
  return std::nullopt;
}

std::optional<Format> formatFromFile(std::string_view file) {
  const auto ends = [&](std::string_view ending) {
    return file.size() >= ending.size() && file.substr(file.size() - ending.size()) == ending;
  };
  if (ends(".sarif") || ends(".sarif.json")) return Format::Sarif;
  if (ends("gl-code-quality-report.json") || ends(".codequality.json") || ends(".gitlab.json"))
    return Format::Gitlab;
  if (ends(".json")) return Format::Json;
  if (ends(".txt") || ends(".text") || ends(".log")) return Format::Text;
  if (ends(".html") || ends(".htm")) return Format::Html;
  if (ends(".dot") || ends(".gv")) return Format::Dot;
  if (ends(".xml")) return Format::Junit;
  return std::nullopt;
}

std::string write(const model::Report& report, Format format, const WriteOptions& options) {
  switch (format) {
    case Format::Json:
      return writeJson(report);
    case Format::Text:
      return writeText(report, options);
    case Format::Sarif:
      return writeSarif(report, options);
    case Format::Html:
      return writeHtml(report, options);
    case Format::Dot:
      return writeDot(report);
    case Format::Gitlab:
      return writeGitlab(report);
    case Format::Junit:
      return writeJunit(report);
  }
  return {};
}

bool looksLikeJson(std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && bytes[first] == '{';
}

Status writeFile(const std::string& file, std::string_view bytes) {
  if (file == "-") return writeAll(STDOUT_FILENO, bytes, "stdout");
  struct stat status{};
  const bool exists = stat(file.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    const int descriptor = open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return systemError("cannot be opened for writing", file, errno);
    Status written = writeAll(descriptor, bytes, file);
    close(descriptor);
    return written;
  }
  // A name of its own for each process; O_EXCL keeps us from following a link somebody put there.
  const std::string temporary = file + ".tmp." + std::to_string(getpid());
  unlink(temporary.c_str());
  const mode_t mode = exists ? (status.st_mode & 0777) : 0666;
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) return systemError("cannot be written", file, errno);
  Status written = writeAll(descriptor, bytes, file);
  if (close(descriptor) != 0 && written) written = systemError("cannot be written", file, errno);
  if (written && rename(temporary.c_str(), file.c_str()) != 0)
    written = systemError("cannot be written", file, errno);
  if (!written) unlink(temporary.c_str());
  return written;
}

}  // namespace gridlock::report
