// Scenario builds; see builder.h.
#include "tests/support/builder.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/support/process.h"

namespace gridlock::support {
namespace {

namespace fs = std::filesystem;

const fs::path kTestdata = fs::path(GRIDLOCK_SOURCE_DIR) / "testdata";
const fs::path kWork = GRIDLOCK_E2E_WORK_DIR;

std::string readFile(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

class Hash {
 public:
  void add(const std::string& text) {
    for (unsigned char c : text) step(c);
    step(0);
  }
  std::string hex() const {
    char buffer[17];
    std::snprintf(buffer, sizeof buffer, "%016llx", static_cast<unsigned long long>(state_));
    return buffer;
  }

 private:
  void step(unsigned char c) { state_ = (state_ ^ c) * 1099511628211ull; }
  std::uint64_t state_ = 14695981039346656037ull;
};

// Headers that any scenario may include: those of testdata/support, and the annotations.
const fs::path kAnnotations = fs::path(GRIDLOCK_SOURCE_DIR) / "runtime/include/gridlock/annotate.h";
const std::string& supportText() {
  static const std::string text = [] {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(kTestdata / "support"))
      files.push_back(entry);
    std::sort(files.begin(), files.end());
    std::string all;
    for (const fs::path& file : files) all += readFile(file);
    return all + readFile(kAnnotations);
  }();
  return text;
}

class FileLock {
 public:
  explicit FileLock(const fs::path& file)
      : descriptor_(open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    flock(descriptor_, LOCK_EX);
  }
  ~FileLock() { close(descriptor_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& word : list) text += word + " ";
  return text;
}

bool isC(const fs::path& unit) { return unit.extension() == ".c"; }

std::string lockMacro(std::string lock) {
  std::replace(lock.begin(), lock.end(), '-', '_');
  std::transform(lock.begin(), lock.end(), lock.begin(), [](unsigned char c) { return std::toupper(c); });
  return "-DLOCK_UNDER_TEST_" + lock;
}

Status compileUnit(const Scenario& scenario, const fs::path& unit, const BuildVariant& variant,
                   const fs::path& object) {
  std::vector<std::string> command;
  if (variant.thread_sanitizer) {
    command = {isC(unit) ? "clang-19" : "clang++-19", "-fsanitize=thread", "-O0"};
  } else {
    command = {isC(unit) ? "gcc" : "g++", "-O0"};
  }
  for (const std::string& flag : unitFlags(scenario, unit, variant.lock)) command.push_back(flag);
  command.insert(command.end(), {"-g", "-c", unit.string(), "-o", object.string()});
  ProcessOptions options;
  options.directory = kTestdata;
  options.deadline = std::chrono::seconds(120);
  ProcessResult compiled = runProcess(command, options);
  if (compiled.code != 0) return Error{joined(command) + "\n" + compiled.err, unit};
  return ok();
}

}  // namespace

std::vector<std::string> unitFlags(const Scenario& scenario, const fs::path& unit, const std::string& lock) {
  std::vector<std::string> flags{isC(unit) ? "-std=gnu11" : "-std=c++20", "-Wall", "-pthread",
                                 "-I" + kTestdata.string(),
                                 "-I" + kAnnotations.parent_path().parent_path().string()};
  if (scenario.project) flags.push_back("-I" + scenario.directory.string());
  if (!lock.empty()) flags.push_back(lockMacro(lock));
  flags.insert(flags.end(), scenario.flags.begin(), scenario.flags.end());
  return flags;
}

Result<fs::path> buildProgram(const Scenario& scenario, const BuildVariant& variant,
                              const std::string& program) {
  std::vector<fs::path> units = scenario.sources;
  if (!program.empty()) {
    units.clear();
    for (const std::string& name : scenario.programs.at(program)) units.push_back(scenario.directory / name);
  }
  Hash hash;
  hash.add(supportText());
  hash.add(variant.thread_sanitizer ? "clang -fsanitize=thread -O0" : "gcc -O0");
  hash.add(joined(scenario.libraries));
  bool only_c = true;
  for (const fs::path& unit : units) {
    only_c = only_c && isC(unit);
    hash.add(unit.string());
    hash.add(readFile(unit));
    hash.add(joined(unitFlags(scenario, unit, variant.lock)));
  }
  for (const fs::path& header : scenario.headers) hash.add(readFile(header));

  fs::path folder = kWork / "programs" / hash.hex();
  fs::path binary = folder / scenario.main_file.stem();
  if (fs::exists(binary)) return binary;
  fs::create_directories(folder);
  FileLock lock(folder / "lock");
  if (fs::exists(binary)) return binary;
  std::vector<std::string> link{variant.thread_sanitizer ? (only_c ? "clang-19" : "clang++-19")
                                                         : (only_c ? "gcc" : "g++")};
  if (variant.thread_sanitizer) link.push_back("-fsanitize=thread");
  for (std::size_t i = 0; i < units.size(); ++i) {
    fs::path object = folder / (std::to_string(i) + ".o");
    Status compiled = compileUnit(scenario, units[i], variant, object);
    if (!compiled) return compiled.error();
    link.push_back(object);
  }
  fs::path fresh = folder / "linking";
  link.insert(link.end(), {"-pthread", "-o", fresh.string()});
  link.insert(link.end(), scenario.libraries.begin(), scenario.libraries.end());
  ProcessResult linked = runProcess(link, {.deadline = std::chrono::seconds(120)});
  if (linked.code != 0) return Error{joined(link) + "\n" + linked.err, scenario.main_file};
  fs::rename(fresh, binary);
  for (std::size_t i = 0; i < units.size(); ++i) fs::remove(folder / (std::to_string(i) + ".o"));
  return binary;
}

Result<fs::path> writeCompileDatabase(const Scenario& scenario, const std::string& lock) {
  nlohmann::json database = nlohmann::json::array();
  fs::path folder = scratchFolder("database/" + scenario.name + (lock.empty() ? "" : "." + lock));
  for (const fs::path& unit : scenario.sources) {
    nlohmann::json arguments = nlohmann::json::array({isC(unit) ? "gcc" : "g++"});
    for (const std::string& flag : unitFlags(scenario, unit, lock)) arguments.push_back(flag);
    arguments.push_back("-c");
    arguments.push_back(unit.string());
    database.push_back({{"directory", folder.string()}, {"file", unit.string()}, {"arguments", arguments}});
  }
  std::ofstream(folder / "compile_commands.json") << database.dump(1) << "\n";
  return folder;
}

fs::path scratchFolder(const std::string& name) {
  fs::path folder = kWork / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

}  // namespace gridlock::support
