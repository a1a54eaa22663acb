// See compile_command.h.
#include "analyzer/extract/compile_command.h"

#include <filesystem>
#include <optional>
#include <set>

#include "clang/Driver/Options.h"
#include "clang/Tooling/CompilationDatabase.h"
#include "clang/Tooling/JSONCompilationDatabase.h"
#include "clang/Tooling/Tooling.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/VirtualFileSystem.h"
#include "llvm/Support/YAMLParser.h"

namespace gridlock::extract {
namespace {

namespace options = clang::driver::options;

std::string absolute(llvm::StringRef file, llvm::StringRef directory) {
  llvm::SmallString<256> path(file);
  if (!llvm::sys::path::is_absolute(path)) {
    path = directory;
    llvm::sys::path::append(path, file);
  }
  llvm::sys::path::remove_dots(path, true);
  return path.str().str();
}

std::string workingDirectory() {
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

bool isDropped(const llvm::opt::Arg& argument) {
  const llvm::opt::Option& option = argument.getOption();
  if (option.matches(options::OPT_M_Group) || option.matches(options::OPT_W_Group) ||
      option.matches(options::OPT_pedantic_Group))
    return !option.matches(options::OPT_Wp_COMMA) && !option.matches(options::OPT_Wa_COMMA)
               ? true
               : option.matches(options::OPT_Wa_COMMA);
  switch (option.getID()) {
    case options::OPT_o:
    case options::OPT_c:
    case options::OPT_S:
    case options::OPT_E:
    case options::OPT_w:
    case options::OPT_pipe:
    case options::OPT_save_temps:
    case options::OPT_save_temps_EQ:
    case options::OPT__serialize_diags:
    case options::OPT_fcrash_diagnostics_dir:
    case options::OPT_resource_dir:
    case options::OPT_resource_dir_EQ:
    case options::OPT_fsanitize_EQ:
    case options::OPT_fplugin_EQ:
    case options::OPT_INPUT:
      return true;
    default:
      return false;
  }
}

// Clang's reader prints what it does not like, in several lines; it is asked only for what can be read.
std::optional<Error> syntaxError(const std::string& file) {
  const auto text = llvm::MemoryBuffer::getFile(file);
  if (!text) return Error{"cannot be opened: " + text.getError().message(), file};
  std::optional<Error> first;
  struct Context {
    std::optional<Error>& first;
    const std::string& file;
  } context{first, file};
  llvm::SourceMgr sources;
  sources.setDiagHandler(
      [](const llvm::SMDiagnostic& diagnostic, void* data) {
        auto& [kept, name] = *static_cast<Context*>(data);
        if (!kept)
          kept = Error{"cannot read the compile database: " + diagnostic.getMessage().str(), name,
                       "line " + std::to_string(diagnostic.getLineNo())};
      },
      &context);
  llvm::yaml::Stream stream((*text)->getBuffer(), sources, false);
  for (llvm::yaml::Document& document : stream) {
    if (first || !document.getRoot() || !document.skip()) break;
  }
  return first;
}

}  // namespace

Result<std::vector<CompileCommand>> readCompileDatabase(const std::string& path) {
  std::error_code failed;
  std::string file = path;
  if (std::filesystem::is_directory(path, failed)) file += "/compile_commands.json";
  if (!std::filesystem::exists(file, failed)) return Error{"no compile database", file};
  if (std::optional<Error> error = syntaxError(file)) return *error;
  std::string message;
  std::unique_ptr<clang::tooling::CompilationDatabase> database =
      clang::tooling::JSONCompilationDatabase::loadFromFile(file, message,
                                                            clang::tooling::JSONCommandLineSyntax::Gnu);
  if (!database) return Error{"cannot read the compile database: " + message, file};
  const std::string folder = std::filesystem::absolute(file, failed).parent_path().string();
  std::vector<CompileCommand> out;
  std::set<std::vector<std::string>> seen;
  for (clang::tooling::CompileCommand& entry : database->getAllCompileCommands()) {
    CompileCommand command;
    command.directory = absolute(entry.Directory, folder);
    command.file = absolute(entry.Filename, command.directory);
    command.arguments = std::move(entry.CommandLine);
    clang::tooling::addExpandedResponseFiles(command.arguments, command.directory,
                                             llvm::cl::TokenizeGNUCommandLine,
                                             *llvm::vfs::getRealFileSystem());
    std::vector<std::string> key = command.arguments;
    key.push_back(command.directory);
    key.push_back(command.file);
    if (seen.insert(std::move(key)).second) out.push_back(std::move(command));
  }
  return out;
}

CompileCommand commandFor(const std::string& file, const std::vector<std::string>& flags) {
  CompileCommand command;
  command.directory = workingDirectory();
  command.file = absolute(file, command.directory);
  command.arguments.push_back("clang");
  command.arguments.insert(command.arguments.end(), flags.begin(), flags.end());
  command.arguments.push_back(command.file);
  return command;
}

std::vector<CompileCommand> commandsOf(const std::vector<CompileCommand>& database, const std::string& file) {
  const std::string path = absolute(file, workingDirectory());
  std::vector<CompileCommand> out;
  std::error_code error;
  for (const CompileCommand& command : database)
    if (command.file == path || std::filesystem::equivalent(command.file, path, error))
      out.push_back(command);
  return out;
}

std::vector<std::string> extractionArguments(const CompileCommand& command,
                                             std::map<std::string, int>& dropped) {
  const std::string compiler = command.arguments.empty() ? "clang" : command.arguments[0];
  std::vector<const char*> given;
  bool is_first = true;
  for (const std::string& argument : command.arguments) {
    // Launchers in front of the compiler.
    if (!is_first) given.push_back(argument.c_str());
    is_first = false;
  }
  unsigned missing_index = 0, missing_count = 0;
  const llvm::opt::OptTable& table = clang::driver::getDriverOptTable();
  const llvm::opt::InputArgList parsed =
      table.ParseArgs(given, missing_index, missing_count, llvm::opt::Visibility(options::ClangOption));

  std::vector<std::string> out{"clang"};
  const std::string name = llvm::sys::path::filename(compiler).str();
  if (name.find("++") != std::string::npos) out.push_back("--driver-mode=g++");
  for (const llvm::opt::Arg* argument : parsed) {
    if (argument->getOption().getID() == options::OPT_UNKNOWN) {
      ++dropped[argument->getAsString(parsed)];
      continue;
    }
    if (isDropped(*argument)) continue;
    llvm::opt::ArgStringList rendered;
    argument->render(parsed, rendered);
    out.insert(out.end(), rendered.begin(), rendered.end());
  }
  // gcc only warns of much that Clang 19 takes for errors unless the warning is switched off: implicit
  // declarations, conversions between pointers and integers, narrowing, suffixes of literals.
  out.push_back("-Wno-everything");
  out.insert(out.end(), {"-w", "-fsyntax-only", "-ferror-limit=0", "-resource-dir",
                         GRIDLOCK_CLANG_RESOURCE_DIR, "--", command.file});
  return out;
}

}  // namespace gridlock::extract
