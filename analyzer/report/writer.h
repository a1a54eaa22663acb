// Report writers and the report reader: model in, bytes out, and back.
//
// Writers are functions of the model (the text and HTML ones also quote source files, when those
// can be read); they never fail. The reader treats its input as hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/model/report.h"
#include "analyzer/model/result.h"

namespace gridlock::report {

enum class Format { Json, Text, Sarif, Html, Dot, Gitlab, Junit };

std::optional<Format> formatFromText(std::string_view text);  // "json", "text", …
std::optional<Format> formatFromFile(std::string_view file);  // by its ending

struct WriteOptions {
  bool color = false;                     // text: ANSI colours
  bool summary_only = false;              // text: no stacks and steps, one block per finding
  std::vector<std::string> source_roots;  // folders for relative files, besides the working directory
};

std::string write(const model::Report& report, Format format, const WriteOptions& options = {});

std::string writeJson(const model::Report& report);
std::string writeText(const model::Report& report, const WriteOptions& options);
std::string writeSarif(const model::Report& report, const WriteOptions& options);
std::string writeHtml(const model::Report& report, const WriteOptions& options);
std::string writeDot(const model::Report& report);
std::string writeGitlab(const model::Report& report);
std::string writeJunit(const model::Report& report);

// Reads a report JSON. `file` is named in errors, whose place is a byte offset or a JSON pointer.
Result<model::Report> readJson(std::string_view bytes, const std::string& file);

// Whether the bytes could be a report rather than a flight record: the first one that is not white
// space is a brace.
bool looksLikeJson(std::string_view bytes);

// Writes the file whole or not at all (a temporary one beside it, then a rename); "-" is stdout.
// What is no regular file (a device, a pipe) is written directly.
Status writeFile(const std::string& file, std::string_view bytes);

}  // namespace gridlock::report
