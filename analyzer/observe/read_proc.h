// Reads a file of /proc, whose size is not known before, as a whole; empty when it cannot be read. Only for
// such files: nothing here tells an error from an empty file.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace gridlock::observe {

inline std::string readProc(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace gridlock::observe
