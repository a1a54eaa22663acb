// See frontend.h: parsing one unit. workers.cpp has the many.
#include "analyzer/extract/frontend.h"

#include <algorithm>
#include <filesystem>

#include "analyzer/extract/unit_extractor.h"
#include "analyzer/facts/hash.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "clang/Basic/TargetInfo.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Frontend/Utils.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/VirtualFileSystem.h"

namespace gridlock::extract {
namespace {

// Notes which files are read and which are not there.
class NotingFileSystem : public llvm::vfs::ProxyFileSystem {
 public:
  NotingFileSystem(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files, Dependencies& dependencies)
      : ProxyFileSystem(std::move(files)), dependencies_(dependencies) {}

  llvm::ErrorOr<llvm::vfs::Status> status(const llvm::Twine& path) override {
    llvm::ErrorOr<llvm::vfs::Status> out = ProxyFileSystem::status(path);
    if (!out) dependencies_.missing.insert(absolute(path));
    return out;
  }
  llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>> openFileForRead(const llvm::Twine& path) override {
    llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>> out = ProxyFileSystem::openFileForRead(path);
    (out ? dependencies_.read : dependencies_.missing).insert(absolute(path));
    return out;
  }

 private:
  std::string absolute(const llvm::Twine& path) const {
    llvm::SmallString<256> out;
    path.toVector(out);
    (void)makeAbsolute(out);
    return out.str().str();
  }

  Dependencies& dependencies_;
};

// Keeps the first few errors as "file:line: text", and the places of all.
class ErrorKeeper : public clang::DiagnosticConsumer {
 public:
  ErrorKeeper(std::vector<std::string>& errors, std::string root, std::string directory)
      : errors_(errors), root_(std::move(root)), directory_(std::move(directory)) {}

  void HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& diagnostic) override {
    DiagnosticConsumer::HandleDiagnostic(level, diagnostic);
    constexpr std::size_t kMost = 20;
    if (level < clang::DiagnosticsEngine::Error) return;
    places.push_back(diagnostic.getLocation());
    if (errors_.size() >= kMost) return;
    llvm::SmallString<256> text;
    diagnostic.FormatDiagnostic(text);
    std::string place;
    if (diagnostic.hasSourceManager() && diagnostic.getLocation().isValid()) {
      const clang::PresumedLoc location =
          diagnostic.getSourceManager().getPresumedLoc(diagnostic.getLocation());
      if (location.isValid()) {
        llvm::SmallString<256> file(location.getFilename());
        if (!llvm::sys::path::is_absolute(file)) {
          file = directory_;
          llvm::sys::path::append(file, location.getFilename());
        }
        place = nameRelativeTo(file.str().str(), root_) + ":" + std::to_string(location.getLine()) + ": ";
      }
    }
    errors_.push_back(place + text.str().str());
  }

  std::vector<clang::SourceLocation> places;

 private:
  std::vector<std::string>& errors_;
  std::string root_;
  std::string directory_;
};

// Flags that name absolute places differ between machines; what they lead to is hashed elsewhere.
std::uint64_t hashOfFlags(const CompileCommand& command, const std::string& root) {
  facts::Hasher hasher;
  for (std::size_t at = 1; at < command.arguments.size(); ++at) {
    std::string argument = command.arguments[at];
    if (argument == command.file || argument == "-c") continue;
    if (argument == "-o" || argument == "-MF" || argument == "-MT" || argument == "-MQ") {
      ++at;
      continue;
    }
    for (std::size_t found; (found = argument.find(root)) != std::string::npos;)
      argument.erase(found, root.size());
    if (std::filesystem::path(argument).filename() == std::filesystem::path(command.file).filename())
      continue;
    hasher.add(std::string_view(argument));
  }
  return hasher.value();
}

}  // namespace

std::string nameRelativeTo(const std::string& file, const std::string& root) {
  std::error_code error;
  std::filesystem::path real = std::filesystem::weakly_canonical(file, error);
  if (error) real = file;
  const auto leaves = [](const std::filesystem::path& path) { return path.empty() || *path.begin() == ".."; };
  std::filesystem::path relative = real.lexically_relative(root);
  if (leaves(relative)) {
    // Sandboxes of build systems are made of links to the sources, which are outside.
    const std::filesystem::path as_written =
        std::filesystem::path(file).lexically_normal().lexically_relative(root);
    if (!leaves(as_written)) relative = as_written;
  }
  return relative.empty() ? real.string() : relative.string();
}

std::string findRoot(const std::string& path) {
  std::error_code error;
  std::filesystem::path start = std::filesystem::weakly_canonical(path, error);
  if (error) start = path;
  for (std::filesystem::path folder = start;; folder = folder.parent_path()) {
    for (const char* mark : {".git", ".hg", ".svn", ".bzr", "_darcs", ".fslckout"})
      if (std::filesystem::exists(folder / mark, error)) return folder.string();
    if (folder == folder.parent_path()) return start.string();
  }
}

Result<facts::Unit> extractUnit(const CompileCommand& command, const FrontendOptions& options,
                                Dependencies* dependencies) {
  std::error_code failed;
  const std::string name = nameRelativeTo(command.file, options.root);
  if (!std::filesystem::exists(command.file, failed)) return Error{"no such file", name};
  if (!std::filesystem::is_directory(command.directory, failed))
    return Error{"no such folder: " + command.directory, name};

  facts::Unit unit;
  llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files(llvm::vfs::createPhysicalFileSystem().release());
  if (dependencies) files = llvm::makeIntrusiveRefCnt<NotingFileSystem>(files, *dependencies);
  if (files->setCurrentWorkingDirectory(command.directory))
    return Error{"no such folder: " + command.directory, name};

  ErrorKeeper keeper(unit.errors, options.root, command.directory);
  auto diagnostic_options = llvm::makeIntrusiveRefCnt<clang::DiagnosticOptions>();
  auto diagnostics = clang::CompilerInstance::createDiagnostics(diagnostic_options.get(), &keeper, false);

  std::map<std::string, int> dropped;
  const std::vector<std::string> arguments = extractionArguments(command, dropped);
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  clang::CreateInvocationOptions how;
  how.Diags = diagnostics;
  how.VFS = files;
  how.RecoverOnError = true;
  how.ProbePrecompiled = true;
  std::shared_ptr<clang::CompilerInvocation> invocation = clang::createInvocation(pointers, std::move(how));
  if (!invocation)
    return Error{unit.errors.empty() ? "the flags make no compilation" : unit.errors.front(), name};
  invocation->getFrontendOpts().SkipFunctionBodies = true;  // those that the consumer names
  invocation->getFrontendOpts().DisableFree = true;
  invocation->getFrontendOpts().ProgramAction = clang::frontend::ParseSyntaxOnly;
  invocation->getDiagnosticOpts().IgnoreWarnings = true;
  invocation->getDiagnosticOpts().ShowCarets = false;  // no statistics on stderr
  invocation->getLangOpts().SpellChecking = false;

  UnitOptions unit_options{.root = options.root,
                           .main_file = name,
                           .flags_hash = hashOfFlags(command, options.root),
                           .tool_version = options.tool_version};
  clang::CompilerInstance compiler;
  compiler.setInvocation(std::move(invocation));
  compiler.createDiagnostics(&keeper, false);
  // A header that is generated later must not end the unit.
  compiler.getDiagnostics().setFatalsAsError(true);
  compiler.setFileManager(new clang::FileManager(compiler.getFileSystemOpts(), files));
  const std::unique_ptr<clang::FrontendAction> action = makeExtractAction(unit_options, keeper.places, unit);
  compiler.ExecuteAction(*action);
  // Errors and not one body: the source is not what the flags say, or there is none.
  const bool nothing_left = !unit.errors.empty() && std::none_of(unit.functions.begin(), unit.functions.end(),
                                                                 [](const facts::Function& function) {
                                                                   return !function.blocks.empty();
                                                                 });
  if (unit.main_file == 0 || nothing_left)
    return Error{unit.errors.empty() ? "it could not be parsed" : unit.errors.front(), name};
  return unit;
}

}  // namespace gridlock::extract
