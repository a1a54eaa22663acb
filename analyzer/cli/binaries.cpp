// See binaries.h.
#include "analyzer/cli/binaries.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "analyzer/facts/hash.h"

namespace gridlock::cli {
namespace {

namespace fs = std::filesystem;

// Only what is looked at is read: a program with debug information may have gigabytes.
class MappedFile {
 public:
  explicit MappedFile(const std::string& file) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status{};
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
      problem_ = std::strerror(errno);
    } else if (!S_ISREG(status.st_mode)) {
      problem_ = "not a regular file";
    } else if (status.st_size > 0) {
      size_ = static_cast<std::size_t>(status.st_size);
      void* mapped = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
      if (mapped == MAP_FAILED) {
        problem_ = std::strerror(errno);
      } else {
        data_ = static_cast<const char*>(mapped);
      }
    }
    if (descriptor >= 0) close(descriptor);
  }
  ~MappedFile() {
    if (data_) munmap(const_cast<char*>(data_), size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& problem() const { return problem_; }
  std::string_view bytes() const { return data_ ? std::string_view(data_, size_) : std::string_view(); }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
  std::string problem_;
};

void splitPaths(const char* list, std::vector<std::string>& out) {
  for (std::string_view left = list ? list : ""; !left.empty();) {
    const std::size_t colon = left.find(':');
    if (colon != 0) out.emplace_back(left.substr(0, colon));
    left.remove_prefix(colon == std::string_view::npos ? left.size() : colon + 1);
  }
}

void readLoaderConfiguration(const std::string& file, int depth, std::vector<std::string>& out) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    line.erase(std::find(line.begin(), line.end(), '#'), line.end());
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    if (line.rfind("include ", 0) == 0 && depth < 4) {
      glob_t found{};
      if (glob(line.substr(8).c_str(), 0, nullptr, &found) == 0)
        for (std::size_t at = 0; at < found.gl_pathc; ++at)
          readLoaderConfiguration(found.gl_pathv[at], depth + 1, out);
      globfree(&found);
    } else if (line.rfind('/', 0) == 0) {
      out.push_back(line);
    }
  }
}

const std::vector<std::string>& systemFolders() {
  static const std::vector<std::string> folders = [] {
    std::vector<std::string> out;
    splitPaths(std::getenv("LD_LIBRARY_PATH"), out);
    readLoaderConfiguration("/etc/ld.so.conf", 0, out);
    for (const char* folder : {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64",
                               "/lib", "/usr/lib", "/usr/local/lib"})
      out.emplace_back(folder);
    return out;
  }();
  return folders;
}

std::string withOrigin(std::string path, const std::string& folder) {
  for (const std::string_view word : {"${ORIGIN}", "$ORIGIN"})
    for (std::size_t at; (at = path.find(word)) != std::string::npos;) path.replace(at, word.size(), folder);
  return path;
}

// Empty when it is nowhere.
std::string findLibrary(const std::string& library, const facts::ObjectFile& wanted_by,
                        const std::string& folder) {
  std::error_code error;
  if (library.find('/') != std::string::npos) return fs::exists(library, error) ? library : "";
  for (const std::string& path : wanted_by.library_paths) {
    const std::string file = withOrigin(path, folder) + "/" + library;
    if (fs::exists(file, error)) return file;
  }
  for (const std::string& path : systemFolders())
    if (fs::exists(path + "/" + library, error)) return path + "/" + library;
  return "";
}

std::string realPath(const std::string& file) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(file, error);
  return error ? file : real.string();
}

class Gatherer {
 public:
  explicit Gatherer(BinaryFacts& out) : out_(out) {}

  // `file` is opened; errors name it as `name`.
  Status add(const std::string& file, const std::string& name, bool is_first) {
    const MappedFile mapped(file);
    if (!mapped.problem().empty()) return Error{"cannot be read: " + mapped.problem(), name};
    Result<facts::ObjectFile> object = facts::readObjectFile(mapped.bytes(), name);
    if (!object) return object.error();
    if (is_first) out_.kind = object->kind;
    out_.errors.insert(out_.errors.end(), object->faults.begin(), object->faults.end());
    for (const facts::FactsSection& section : object->sections) {
      found_ = true;
      content_.add(section.bytes);
      out_.content = content_.value();
      facts::readChunks(section, out_.units, out_.errors);
    }
    const std::string folder = fs::path(realPath(file)).parent_path().string();
    for (const std::string& member : object->thin_members) {
      const std::string path = member.starts_with('/') ? member : folder + "/" + member;
      if (!seen_.insert(realPath(path)).second) continue;
      if (const Status added = add(path, name + "(" + member + ")", false); !added)
        out_.errors.push_back(added.error());
    }
    for (const std::string& library : object->needed) {
      if (!asked_for_.insert(library).second) continue;
      const std::string path = findLibrary(library, *object, folder);
      if (path.empty()) {
        out_.not_found.push_back(library);
        continue;
      }
      if (!seen_.insert(realPath(path)).second) continue;
      out_.libraries_read.insert(realPath(path));
      // A linker script or a broken library of the system is not what was asked about.
      if (const Status added = add(path, path, false); !added) out_.not_found.push_back(library);
    }
    return ok();
  }

  bool found() const { return found_; }

 private:
  BinaryFacts& out_;
  std::set<std::string> seen_, asked_for_;
  facts::Hasher content_;
  bool found_ = false;
};

}  // namespace

Result<BinaryFacts> readBinary(const std::string& file) {
  BinaryFacts out;
  Gatherer gatherer(out);
  if (const Status read = gatherer.add(file, file, true); !read) return read.error();
  if (!gatherer.found() && out.errors.empty())
    return Error{
        "this binary carries no facts; compile it by Clang 19 with -fplugin=libgridlock_facts.so, or check "
        "its "
        "sources with -p",
        file};
  return out;
}

bool looksLikeBinary(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string head(facts::kObjectHead, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return facts::isObjectFile(head);
}

}  // namespace gridlock::cli
