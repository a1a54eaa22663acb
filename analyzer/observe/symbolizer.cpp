// See symbolizer.h.
#include "analyzer/observe/symbolizer.h"

#include <llvm/DebugInfo/Symbolize/Symbolize.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Object/ObjectFile.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <unordered_map>

#include "analyzer/model/names.h"
#include "analyzer/observe/debug_info.h"

namespace gridlock::observe {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostSourceBytes = 32u << 20;

struct DataSymbol {
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  std::string name;
  bool local = false;
  std::string file;  // of a local symbol: the base name of its source file
};

std::string known(const std::string& text) {
  return text == llvm::DILineInfo::BadString ? std::string() : text;
}

// All variables of a module, by address. Where several symbols share a place the shortest global
// name wins: aliases with leading underscores are the implementation's.
std::vector<DataSymbol> dataSymbols(const std::string& module) {
  std::vector<DataSymbol> out;
  auto binary = llvm::object::ObjectFile::createObjectFile(module);
  if (!binary) {
    llvm::consumeError(binary.takeError());
    return out;
  }
  const auto* elf = llvm::dyn_cast<llvm::object::ELFObjectFileBase>(binary->getBinary());
  if (!elf) return out;
  std::string file;
  const auto add = [&](const llvm::object::ELFSymbolRef& symbol) {
    auto name = symbol.getName();
    if (!name) {
      llvm::consumeError(name.takeError());
      return;
    }
    if (symbol.getELFType() == llvm::ELF::STT_FILE) {
      file = name->str();
      return;
    }
    if (symbol.getELFType() != llvm::ELF::STT_OBJECT || symbol.getSize() == 0 || name->empty()) return;
    auto address = symbol.getAddress();
    if (!address) {
      llvm::consumeError(address.takeError());
      return;
    }
    auto section = symbol.getSection();
    if (!section) {
      llvm::consumeError(section.takeError());
      return;
    }
    if (*section == elf->section_end()) return;  // defined elsewhere
    const bool local = symbol.getBinding() == llvm::ELF::STB_LOCAL;
    out.push_back({*address, symbol.getSize(), name->str(), local, local ? file : std::string()});
  };
  for (const llvm::object::ELFSymbolRef& symbol : elf->symbols()) add(symbol);
  file.clear();
  for (const llvm::object::ELFSymbolRef& symbol : elf->getDynamicSymbolIterators()) add(symbol);
  std::sort(out.begin(), out.end(), [](const DataSymbol& a, const DataSymbol& b) {
    if (a.start != b.start) return a.start < b.start;
    if (a.local != b.local) return b.local;
    if (a.name.size() != b.name.size()) return a.name.size() < b.name.size();
    return a.name < b.name;
  });
  out.erase(std::unique(out.begin(), out.end(),
                        [](const DataSymbol& a, const DataSymbol& b) { return a.start == b.start; }),
            out.end());
  return out;
}

// "counter.0" is how gcc calls a static local of C.
std::string withoutOrdinal(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == name.size()) return name;
  const bool digits = std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1, name.end(),
                                  [](unsigned char c) { return std::isdigit(c); });
  return digits ? name.substr(0, dot) : name;
}

void replaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// LLVM writes lambdas as 'lambda0'(int)::operator()(int) const. People call them what they are.
std::string plainLambdas(std::string text) {
  for (std::size_t at = text.find("'lambda"); at != std::string::npos; at = text.find("'lambda", at + 1)) {
    std::size_t end = text.find('\'', at + 1);
    if (end == std::string::npos) break;
    ++end;
    if (end < text.size() && text[end] == '(') {
      int depth = 0;
      for (; end < text.size(); ++end) {
        if (text[end] == '(') ++depth;
        if (text[end] == ')' && --depth == 0) {
          ++end;
          break;
        }
      }
    }
    text.replace(at, end - at, "{lambda}");
  }
  // clang++ numbers them: main::$_0::operator().
  for (std::size_t at = text.find("$_"); at != std::string::npos; at = text.find("$_", at + 1)) {
    std::size_t end = at + 2;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    if (end > at + 2) text.replace(at, end - at, "{lambda}");
  }
  replaceAll(text, "{lambda}::operator()", "{lambda}");
  replaceAll(text, "(anonymous namespace)::", "");
  return text;
}

// Takes the parameter list off each function in a qualified name: "f(int)::m" becomes "f()::m".
std::string withoutParameters(const std::string& text) {
  std::string out;
  int depth = 0;
  int angle = 0;
  for (const char c : text) {
    if (c == '<' && depth == 0) ++angle;
    if (c == '>' && depth == 0 && angle > 0) --angle;
    if (c == '(' && angle == 0 && depth++ == 0) out += '(';
    if (c == ')' && angle == 0 && depth > 0 && --depth == 0) {
      out += ')';
      continue;
    }
    if (depth == 0) out += c;
  }
  return out;
}

// "queue()::lock" from the mangled name of a static local, "ns::var" from that of a global.
std::string variableName(const std::string& linkage_name) {
  const std::string plain = withoutOrdinal(linkage_name);
  if (plain.rfind("_Z", 0) != 0) return plain;  // "a" is a type, to a demangler
  char* demangled = llvm::itaniumDemangle(plain);
  if (!demangled) return plain;
  std::string out = demangled;
  std::free(demangled);
  out = plainLambdas(std::move(out));
  if (out.find('(') != std::string::npos) {
    out = withoutParameters(out);
    replaceAll(out, ") const::", ")::");
    const std::size_t blank = out.rfind(' ', out.find('('));  // the return type of a template
    if (blank != std::string::npos && out.find("operator") == std::string::npos) out.erase(0, blank + 1);
  }
  const std::size_t abi = out.find("[abi:");
  if (abi != std::string::npos) {
    const std::size_t end = out.find(']', abi);
    if (end != std::string::npos) out.erase(abi, end - abi + 1);
  }
  return out;
}

}  // namespace

std::string functionName(const std::string& linkage_name) {
  std::string name = linkage_name;
  for (const char* suffix : {".isra.", ".part.", ".constprop.", ".cold", ".lto_priv.", ".llvm.", "@"}) {
    const std::size_t at = name.find(suffix, 1);
    if (at != std::string::npos) name.erase(at);
  }
  llvm::ItaniumPartialDemangler demangler;
  if (name.rfind("_Z", 0) != 0 || demangler.partialDemangle(name.c_str()) || !demangler.isFunction()) {
    char* other = name.rfind("_Z", 0) == 0 ? llvm::itaniumDemangle(name) : nullptr;
    if (other) {
      name = other;
      std::free(other);
    }
    return name;
  }
  char* text = demangler.getFunctionName(nullptr, nullptr);
  if (!text) return name;
  std::string out = text;
  std::free(text);
  out = plainLambdas(std::move(out));
  if (out.find('(') != std::string::npos && out.find("operator()") == std::string::npos) {
    out = withoutParameters(out);
  }
  return out;
}

struct Symbolizer::Parts {
  struct Module {
    bool data_read = false;
    std::vector<DataSymbol> data;
    bool debug_opened = false;
    std::unique_ptr<DebugInfo> debug;
    std::unordered_map<std::uint64_t, CodePlace> code;
  };

  explicit Parts(fs::path base_folder) : base(std::move(base_folder)), llvm(options()) {}

  static llvm::symbolize::LLVMSymbolizer::Options options() {
    llvm::symbolize::LLVMSymbolizer::Options options;
    options.PrintFunctions = llvm::DILineInfoSpecifier::FunctionNameKind::LinkageName;
    options.PathStyle = llvm::DILineInfoSpecifier::FileLineInfoKind::AbsoluteFilePath;
    options.Demangle = false;
    options.UseSymbolTable = true;
    options.MaxCacheSize = 1ull << 31;
    return options;
  }

  DebugInfo* debug(const std::string& module) {
    Module& entry = modules[module];
    if (!entry.debug_opened) {
      entry.debug_opened = true;
      entry.debug = DebugInfo::open(module);
    }
    return entry.debug.get();
  }

  fs::path base;
  llvm::symbolize::LLVMSymbolizer llvm;
  std::map<std::string, Module> modules;
  std::map<std::string, std::vector<std::string>> sources;
};

Symbolizer::Symbolizer(fs::path base) : parts_(std::make_unique<Parts>(std::move(base))) {}
Symbolizer::~Symbolizer() = default;

std::string Symbolizer::shown(const std::string& path) const {
  if (path.empty()) return path;
  const fs::path normal = fs::path(path).lexically_normal();
  const fs::path relative = normal.lexically_relative(parts_->base);
  if (relative.empty() || *relative.begin() == "..") return normal.string();
  return relative.string();
}

const CodePlace& Symbolizer::code(const std::string& module, std::uint64_t address) {
  auto& cache = parts_->modules[module].code;
  const auto found = cache.find(address);
  if (found != cache.end()) return found->second;

  CodePlace place;
  std::error_code ignored;
  if (!module.empty() && fs::is_regular_file(module, ignored)) {
    auto info =
        parts_->llvm.symbolizeInlinedCode(module, {address, llvm::object::SectionedAddress::UndefSection});
    if (info) {
      for (std::uint32_t i = 0; i < info->getNumberOfFrames(); ++i) {
        const llvm::DILineInfo& line = info->getFrame(i);
        CodeFrame frame;
        frame.path = known(line.FileName);
        frame.line = static_cast<int>(line.Line);
        if (frame.line == 0) frame.path.clear();
        if (!frame.path.empty()) frame.path = fs::path(frame.path).lexically_normal().string();
        frame.file = shown(frame.path);
        frame.column = frame.line == 0 ? 0 : static_cast<int>(line.Column);
        frame.function = functionName(known(line.FunctionName));
        place.frames.push_back(std::move(frame));
      }
    } else {
      llvm::consumeError(info.takeError());
    }
  }
  if (place.frames.empty()) place.frames.emplace_back();
  return cache.emplace(address, std::move(place)).first->second;
}

std::optional<DataPlace> Symbolizer::data(const std::string& module, std::uint64_t address) {
  Parts::Module& entry = parts_->modules[module];
  if (!entry.data_read) {
    entry.data_read = true;
    std::error_code ignored;
    if (!module.empty() && fs::is_regular_file(module, ignored)) entry.data = dataSymbols(module);
  }
  auto after =
      std::upper_bound(entry.data.begin(), entry.data.end(), address,
                       [](std::uint64_t value, const DataSymbol& symbol) { return value < symbol.start; });
  if (after == entry.data.begin()) return std::nullopt;
  const DataSymbol& symbol = *--after;
  if (address - symbol.start >= symbol.size) return std::nullopt;

  DataPlace place;
  place.variable = variableName(symbol.name);
  place.offset = address - symbol.start;
  place.exact = place.offset == 0;
  std::string path;
  constexpr std::uint64_t kLargestLock = 72;  // one bare lock; anything larger has members or elements
  if (symbol.local || place.offset != 0 || symbol.size > kLargestLock) {
    if (DebugInfo* debug = parts_->debug(module)) {
      if (auto variable = debug->variableAt(address, symbol.start)) {
        place.file = shown(variable->file);
        place.line = variable->line;
        place.single = variable->single;
        place.offset = variable->rest;
        place.exact = variable->rest == 0;
        path = variable->path;
        if (place.variable.find("()::") == std::string::npos &&
            variable->name.find("()::") != std::string::npos) {
          place.variable = variable->name;  // a static local of C
        }
      }
    }
  }
  const bool in_function = place.variable.find("()::") != std::string::npos;
  const bool internal = symbol.local && !in_function;
  if (internal) {
    const std::string file = !place.file.empty() ? place.file : symbol.file;
    if (!file.empty()) place.variable = file + ":" + place.variable;
  }
  if (path.empty() && place.offset != 0 && place.file.empty()) {
    // Without debug information an array of locks still shows by its size.
    constexpr std::uint64_t kMutexSize = 40;
    if (symbol.size > kMutexSize && symbol.size % kMutexSize == 0 && place.offset % kMutexSize == 0) {
      path = "[]";
      place.single = false;
      place.exact = true;
    }
  } else if (path.empty() && place.offset == 0 && place.file.empty() && symbol.size >= 80 &&
             symbol.size % 40 == 0) {
    path = "[]";
    place.single = false;
  }
  place.name = place.variable + path;
  if (!place.exact) place.name += "+" + std::to_string(place.offset);
  return place;
}

std::optional<ExpressionName> Symbolizer::expression(const std::string& module, std::uint64_t address,
                                                     std::size_t level, std::string_view expression) {
  DebugInfo* debug = parts_->debug(module);
  if (!debug) return std::nullopt;
  const auto named = debug->expressionAt(address, level, expression);
  if (!named) return std::nullopt;
  ExpressionName out;
  out.file = shown(named->file);
  out.path = named->file;
  out.line = named->line;
  out.type = named->type;
  out.parameter = named->parameter;
  out.from_this = named->root == NamedExpression::Root::This;
  out.thin_owner = named->thin_owner;
  switch (named->kind) {
    case NamedExpression::Kind::Member:
      out.kind = ExpressionName::Kind::Member;
      // One class for all instantiations, as the static pass has it.
      out.name = model::withoutTemplateArguments(named->owner + "::" + named->member);
      break;
    case NamedExpression::Kind::Local:
      out.kind = ExpressionName::Kind::Local;
      out.name = named->owner + "()::" + named->member;
      break;
    case NamedExpression::Kind::Parameter:
      out.kind = ExpressionName::Kind::Parameter;
      out.name = named->owner + "()::" + named->member;
      break;
    case NamedExpression::Kind::Global:
      out.kind = ExpressionName::Kind::Global;
      out.name = named->member;
      break;
  }
  return out;
}

std::string Symbolizer::sourceLines(const std::string& path, int first, int last) {
  if (path.empty() || first < 1) return {};
  auto [at, fresh] = parts_->sources.try_emplace(path);
  if (fresh) {
    std::error_code error;
    const bool readable = fs::is_regular_file(path, error) && fs::file_size(path, error) <= kMostSourceBytes;
    if (readable && !error) {
      std::ifstream in(path);
      for (std::string line; std::getline(in, line);) at->second.push_back(std::move(line));
    }
  }
  const auto& lines = at->second;
  std::string out;
  for (int i = first; i <= last && i <= static_cast<int>(lines.size()); ++i) {
    if (i > first) out += '\n';
    out += lines[static_cast<std::size_t>(i) - 1];
  }
  return out;
}

}  // namespace gridlock::observe
