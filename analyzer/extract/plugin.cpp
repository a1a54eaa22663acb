// The Clang plug-in: the facts of a unit within the compile that happens anyway, into its object file.
//
//   clang -fplugin=…/libgridlock_facts.so [-fplugin-arg-gridlock-root=DIR] -c a.c
//
// It runs before code is generated and hands the code generator one more declaration, a file-scope asm
// that fills a section which is not loaded. So the facts are part of what the compiler writes, whatever
// that is: an object, assembly, bitcode; linkers concatenate the sections (frame.h), archives and compiler
// caches keep them. A sidecar file would be lost on the way.
//
// It is a guest in somebody's build: it must never make a compile fail. What crashes here is caught, and
// leaves one line and a unit without facts.
#include <unistd.h>

#include "analyzer/extract/frontend.h"
#include "analyzer/extract/unit_extractor.h"
#include "analyzer/facts/frame.h"
#include "analyzer/facts/hash.h"
#include "analyzer/facts/io.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/DeclGroup.h"
#include "clang/AST/Expr.h"
#include "clang/Basic/Version.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendPluginRegistry.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"

namespace gridlock::extract {
namespace {

constexpr unsigned kStack = 64u << 20;  // deeply nested source

std::string realPathOf(llvm::StringRef path) {
  llvm::SmallString<256> real;
  return llvm::sys::fs::real_path(path, real) ? path.str() : real.str().str();
}

// What makes two compiles of one file two units: macros and the files that are included. Absolute places
// below the root are left out, so that all machines agree.
std::uint64_t hashOfFlags(const clang::CompilerInstance& compiler, const std::string& root) {
  facts::Hasher hasher;
  const auto add = [&hasher, &root](std::string text) {
    for (std::size_t at; (at = text.find(root)) != std::string::npos;) text.erase(at, root.size());
    hasher.add(std::string_view(text));
  };
  const clang::PreprocessorOptions& preprocessor = compiler.getPreprocessorOpts();
  for (const auto& [macro, is_undefined] : preprocessor.Macros) {
    hasher.add(std::uint64_t{is_undefined});
    add(macro);
  }
  for (const std::string& file : preprocessor.Includes) add(file);
  for (const auto& entry : compiler.getHeaderSearchOpts().UserEntries)
    if (entry.Group == clang::frontend::Angled || entry.Group == clang::frontend::Quoted) add(entry.Path);
  hasher.add(static_cast<std::uint64_t>(compiler.getLangOpts().LangStd));
  return hasher.value();
}

// Bytes as assembly that fills the section. Characters that would need care stand as octal numbers.
std::string assemblyOf(std::string_view bytes, const llvm::Triple& triple) {
  constexpr std::size_t kPerLine = 4096;
  std::string out = ".pushsection " + std::string(facts::kSectionName) + ",\"\"," +
                    (triple.isARM() || triple.isThumb() ? "%" : "@") + "progbits\n";
  out.reserve(out.size() + bytes.size() * 5 / 2);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at % kPerLine == 0) out += at == 0 ? ".ascii \"" : "\"\n.ascii \"";
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\') {
      out += static_cast<char>(byte);
      continue;
    }
    // As few digits as will do: a digit that follows would be read as part of the number.
    const bool digit_follows = at + 1 < bytes.size() && bytes[at + 1] >= '0' && bytes[at + 1] <= '9';
    out += '\\';
    if (digit_follows || byte >= 0100) out += static_cast<char>('0' + (byte >> 6));
    if (digit_follows || byte >= 010) out += static_cast<char>('0' + ((byte >> 3) & 7));
    out += static_cast<char>('0' + (byte & 7));
  }
  return out + "\"\n.popsection\n";
}

class PluginConsumer : public clang::ASTConsumer {
 public:
  PluginConsumer(clang::CompilerInstance& compiler, std::string root)
      : compiler_(compiler), root_(std::move(root)) {}

  void HandleTranslationUnit(clang::ASTContext& context) override {
    if (compiler_.getDiagnostics().hasErrorOccurred()) return;  // there will be no object
    const std::string bytes = extract(context);
    if (bytes.empty()) return;
    const std::string text = assemblyOf(bytes, context.getTargetInfo().getTriple());
    const clang::QualType type = context.getConstantArrayType(
        context.CharTy.withConst(), llvm::APInt(context.getTypeSize(context.getSizeType()), text.size() + 1),
        nullptr, clang::ArraySizeModifier::Normal, 0);
    clang::StringLiteral* literal = clang::StringLiteral::Create(
        context, text, clang::StringLiteralKind::Ordinary, false, type, clang::SourceLocation());
    compiler_.getASTConsumer().HandleTopLevelDecl(clang::DeclGroupRef(
        clang::FileScopeAsmDecl::Create(context, context.getTranslationUnitDecl(), literal,
                                        clang::SourceLocation(), clang::SourceLocation())));
  }

 private:
  std::string extract(clang::ASTContext& context) {
    const clang::SourceManager& manager = context.getSourceManager();
    const bool preprocessed = compiler_.getFrontendOpts().Inputs.front().getKind().isPreprocessed();
    std::string main_file;
    if (const auto entry = manager.getFileEntryRefForID(manager.getMainFileID()))
      main_file = entry->getName();
    if (preprocessed) {
      const clang::PresumedLoc place =
          manager.getPresumedLoc(manager.getLocForEndOfFile(manager.getMainFileID()));
      if (place.isValid()) main_file = place.getFilename();
    }
    if (main_file.empty() || main_file == "-" || main_file == "<stdin>") return {};
    main_file = realPathOf(main_file);

    UnitOptions options;
    options.root = rootOf(main_file);
    options.main_file = nameRelativeTo(main_file, options.root);
    options.flags_hash = hashOfFlags(compiler_, options.root);
    options.tool_version = GRIDLOCK_VERSION;
    options.preprocessed = preprocessed;
    std::string bytes;
    llvm::CrashRecoveryContext::Enable();
    llvm::CrashRecoveryContext recovery;
    const bool done = recovery.RunSafelyOnThread(
        [&] {
          const std::vector<clang::SourceLocation> no_errors;
          facts::Unit unit;
          makeExtractConsumer(compiler_, options, no_errors, unit)->HandleTranslationUnit(context);
          bytes = facts::writeUnit(unit);
        },
        kStack);
    if (done) return bytes;
    llvm::errs() << "gridlock: " << options.main_file
                 << ": the facts could not be extracted (crash); it is compiled without\n";
    return {};
  }

  // The repository's top folder; where there is none, the folder the compiler runs in, which is the same
  // for many units.
  std::string rootOf(const std::string& main_file) const {
    if (!root_.empty()) return realPathOf(root_);
    const std::string folder = llvm::sys::path::parent_path(main_file).str();
    std::string root = findRoot(folder);
    return root == folder ? realPathOf(".") : root;
  }

  clang::CompilerInstance& compiler_;
  std::string root_;
};

class PluginAction : public clang::PluginASTAction {
 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& compiler,
                                                        llvm::StringRef) override {
    if (!writesCode(compiler)) return std::make_unique<clang::ASTConsumer>();
    return std::make_unique<PluginConsumer>(compiler, root_);
  }

  bool ParseArgs(const clang::CompilerInstance& compiler,
                 const std::vector<std::string>& arguments) override {
    clang::DiagnosticsEngine& diagnostics = compiler.getDiagnostics();
    // Linked loosely, so that it fits any build of the one version whose headers it was built with.
    if (clang::getClangFullVersion().find(" version " + std::to_string(CLANG_VERSION_MAJOR) + ".") ==
        std::string::npos) {
      const unsigned id = diagnostics.getCustomDiagID(
          clang::DiagnosticsEngine::Error, "the gridlock plug-in was built for Clang %0, this is %1");
      diagnostics.Report(id) << CLANG_VERSION_MAJOR << clang::getClangFullVersion();
      return false;
    }
    for (const std::string& argument : arguments) {
      llvm::StringRef text(argument);
      if (text.consume_front("root=")) {
        root_ = text.str();
        continue;
      }
      const unsigned id = diagnostics.getCustomDiagID(
          clang::DiagnosticsEngine::Error,
          "unknown argument '%0' of the gridlock plug-in (it has: -fplugin-arg-gridlock-root=DIR)");
      diagnostics.Report(id) << argument;
      return false;
    }
    return true;
  }

  ActionType getActionType() override { return AddBeforeMainAction; }

 private:
  static bool writesCode(const clang::CompilerInstance& compiler) {
    const clang::LangOptions& language = compiler.getLangOpts();
    if (!compiler.getTarget().getTriple().isOSBinFormatELF() || language.CUDAIsDevice ||
        language.OpenMPIsTargetDevice)
      return false;
    switch (compiler.getFrontendOpts().ProgramAction) {
      case clang::frontend::EmitAssembly:
      case clang::frontend::EmitBC:
      case clang::frontend::EmitLLVM:
      case clang::frontend::EmitObj:
        return true;
      default:
        return false;
    }
  }

  std::string root_;
};

const clang::FrontendPluginRegistry::Add<PluginAction> kRegistered("gridlock",
                                                                   "puts facts into the object file");

}  // namespace
}  // namespace gridlock::extract
