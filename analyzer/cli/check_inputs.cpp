// See check_inputs.h.
#include "analyzer/cli/check_inputs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "analyzer/cli/binaries.h"
#include "analyzer/extract/frontend.h"

namespace gridlock::cli {
namespace {

bool startsWith(const std::string& file, std::string_view magic) {
  std::ifstream in(file, std::ios::binary);
  std::string head(magic.size(), '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  return in && head == magic;
}

std::string realPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
  return error ? path : real.string();
}

// The folder that holds all sources, where there is no repository to tell.
std::string commonFolder(const std::vector<extract::CompileCommand>& commands) {
  std::filesystem::path common;
  for (const extract::CompileCommand& command : commands) {
    const std::filesystem::path folder = std::filesystem::path(realPath(command.file)).parent_path();
    if (common.empty()) {
      common = folder;
      continue;
    }
    const auto end = std::mismatch(common.begin(), common.end(), folder.begin(), folder.end()).first;
    std::filesystem::path shared;
    for (auto at = common.begin(); at != end; ++at) shared /= *at;
    common = shared;
  }
  return common.string();
}

}  // namespace

Result<CheckInputs> gatherInputs(const std::vector<std::string>& files, const std::string& build_given,
                                 const std::string& root_given, const Invocation& invocation) {
  CheckInputs inputs;
  std::vector<std::string> sources;
  for (const std::string& file : files) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) return Error{"no such file", file};
    if (std::filesystem::is_directory(file, error))
      return Error{"this is a folder; give the folder of a compile database with -p", file};
    if (file.ends_with(".glf") || startsWith(file, "GRLKFACT")) {
      inputs.facts.push_back(file);
    } else if (looksLikeBinary(file)) {
      inputs.binaries.push_back(file);
    } else {
      sources.push_back(file);
    }
  }

  std::string root = root_given;
  const bool wants_database = !invocation.has_dashes && (!sources.empty() || files.empty());
  if (invocation.has_dashes) {
    if (sources.empty()) return Error{"no source files before --"};
    for (const std::string& source : sources)
      inputs.commands.push_back(extract::commandFor(source, invocation.dashed));
  } else if (wants_database) {
    const std::string build = build_given.empty() ? "." : build_given;
    Result<std::vector<extract::CompileCommand>> database = extract::readCompileDatabase(build);
    if (!database) {
      Error error = database.error();
      if (build_given.empty()) error.message += " (give its folder with -p, or compiler flags after --)";
      return error;
    }
    if (database->empty()) return Error{"the compile database is empty", build};
    if (files.empty()) {
      inputs.commands = *database;
    } else {
      for (const std::string& source : sources) {
        const std::vector<extract::CompileCommand> found = extract::commandsOf(*database, source);
        if (found.empty()) return Error{"not in the compile database of " + build, source};
        inputs.commands.insert(inputs.commands.end(), found.begin(), found.end());
      }
    }
    if (root.empty()) {
      root = extract::findRoot(build);
      if (root == realPath(build)) root = commonFolder(*database);
    }
  }
  // Facts name files relative to the repository they were extracted in.
  if (root.empty() && inputs.commands.empty() && !inputs.binaries.empty())
    root = extract::findRoot(std::filesystem::path(realPath(inputs.binaries[0])).parent_path().string());
  inputs.root = realPath(root.empty() ? "." : root);
  return inputs;
}

}  // namespace gridlock::cli
