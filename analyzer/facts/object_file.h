// The facts that an ELF file or an archive carries, as the plug-in put them there.
//
// The file is taken from anywhere, so nothing in it is trusted: every offset, size and name is checked
// against the bytes that are there, and what is wrong is said with the file's name. No LLVM, no files:
// bytes in, views of the same bytes out. Cost: the headers; sections are not copied.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/facts.h"
#include "analyzer/model/result.h"

namespace gridlock::facts {

enum class ObjectKind {
  Other,  // neither ELF nor an archive
  Object,
  Program,        // an executable that is run
  SharedLibrary,  // or a position-independent executable without an interpreter
  Archive,
};

struct FactsSection {
  std::string_view bytes;
  std::string name;  // the file; of an archive "lib.a(member.o)"
};

struct ObjectFile {
  ObjectKind kind = ObjectKind::Other;
  std::vector<FactsSection> sections;
  std::vector<std::string> needed;         // DT_NEEDED
  std::vector<std::string> library_paths;  // DT_RUNPATH, else DT_RPATH; split at colons, $ORIGIN as it stands
  std::string shared_name;                 // DT_SONAME
  std::vector<std::string> thin_members;   // of a thin archive: files, relative to its folder
  std::vector<Error> faults;               // members that could not be read, the others could
};

// By the first bytes.
bool isObjectFile(std::string_view head);
inline constexpr std::size_t kObjectHead = 8;

// An error: what is wrong with the file as a whole.
Result<ObjectFile> readObjectFile(std::string_view bytes, const std::string& name);

// Reads all chunks of a section. One that is damaged or of another version costs its own unit: it adds
// one error, and reading goes on at the next.
void readChunks(const FactsSection& section, std::vector<Unit>& units, std::vector<Error>& errors);

}  // namespace gridlock::facts
