// Raw return addresses of a record to sites and stacks of the report.
//
// SiteTable belongs to the report and is shared by all records; StackReader belongs to one record
// and knows its modules. Both cache, since the same stacks are asked for again and again.
//
// The *user's place* of a stack is its innermost frame that the user wrote or can mend: not the
// shim, not libc, not the inside of std::mutex or a guard's constructor. Findings and names of locks
// refer to it; stacks keep all their frames.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/observe/record_file.h"
#include "analyzer/observe/symbolizer.h"

namespace gridlock::observe {

// One source-level frame of a stack.
struct Place {
  std::string module;         // path of the ELF file; empty when the address lies in none
  std::uint64_t address = 0;  // in that file, inside of the call instruction
  std::size_t level = 0;      // among the frames inlined at that address, 0: innermost
  CodeFrame code;
  bool user = false;  // not of the shim, libc or the standard library

  bool known() const { return !module.empty() || !code.function.empty(); }
  // "src/a.cpp:12", else "app+0x1234", else "an unknown place".
  std::string where() const;
  // "src/a.cpp:12 in f", "f (app+0x1234)", "app+0x1234".
  std::string text() const;
  // The same wherever the compiler put the code: equal for all inlined copies.
  std::string key() const;
};

// Whether code of this function, source file and module is the standard library's or the system's.
bool isSystemCode(const std::string& function, const std::string& path, const std::string& module);

class SiteTable {
 public:
  SiteTable(model::Report& report, Symbolizer& symbolizer) : report_(report), symbolizer_(symbolizer) {}

  // The site of an address with all its inlined frames, or those from `level` outwards.
  model::Id site(const std::string& module, std::uint64_t address, std::size_t level = 0);
  // A place that is known by file and line alone.
  model::Id declaration(const std::string& file, int line);
  model::Id stack(const std::vector<model::Id>& frames);

  Symbolizer& symbolizer() { return symbolizer_; }

 private:
  model::Report& report_;
  Symbolizer& symbolizer_;
  std::map<std::tuple<std::string, std::uint64_t, std::size_t>, model::Id> sites_;
  std::map<std::pair<std::string, int>, model::Id> declarations_;
  std::map<std::vector<model::Id>, model::Id> stacks_;
};

class StackReader {
 public:
  StackReader(const RecordFile& file, SiteTable& sites);

  // The report's stack for a kFrames index; none when the index is none or broken.
  std::optional<model::Id> stack(record::Index frame);
  // The source-level frames, innermost first.
  const std::vector<Place>& places(record::Index frame);
  // The user's place; when there is no such frame the innermost one outside of the shim.
  Place userPlace(record::Index frame);
  std::size_t userLevel(const std::vector<Place>& places) const;
  std::optional<model::Id> userSite(record::Index frame);

  // The same for a single return address.
  Place placeOf(std::uint64_t return_address);
  std::optional<model::Id> siteOf(const Place& place);
  // Frames of one return address.
  std::vector<Place> placesOf(std::uint64_t return_address);

  // The module and the address in it of a run-time address (of data or code).
  std::optional<std::pair<std::string, std::uint64_t>> inModule(std::uint64_t address) const;

  // "libfoo.so" of a path.
  static std::string baseName(const std::string& path);

 private:
  struct Module {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t bias = 0;
    std::string path;
    bool unloaded = false;
  };
  std::vector<std::uint64_t> addresses(record::Index frame) const;

  const RecordFile& file_;
  SiteTable& sites_;
  std::vector<Module> modules_;
  std::unordered_map<record::Index, std::optional<model::Id>> stacks_;
  std::unordered_map<record::Index, std::vector<Place>> places_;
};

}  // namespace gridlock::observe
