// See unwinder.h.
#include "analyzer/observe/unwinder.h"

#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/DebugInfo/DWARF/DWARFDebugFrame.h>
#include <llvm/Object/ObjectFile.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace gridlock::observe {
namespace {

using llvm::dwarf::UnwindLocation;

constexpr std::size_t kDeepest = 128;
constexpr std::uint64_t kScanBytes = 64 * 1024;
constexpr std::uint64_t kLargestFrame = 1 << 20;
constexpr std::array<std::size_t, 6> kCalleeSaved{3, kBasePointer, 12, 13, 14, 15};

// The call frame information of one file.
class ModuleFrames {
 public:
  explicit ModuleFrames(const std::string& path) {
    auto binary = llvm::object::ObjectFile::createObjectFile(path);
    if (!binary) {
      llvm::consumeError(binary.takeError());
      return;
    }
    binary_ = std::move(*binary);
    context_ = llvm::DWARFContext::create(
        *binary_.getBinary(), llvm::DWARFContext::ProcessDebugRelocations::Ignore, nullptr, "",
        [](llvm::Error error) { llvm::consumeError(std::move(error)); },
        [](llvm::Error error) { llvm::consumeError(std::move(error)); });
    auto frames = context_->getEHFrame();
    if (!frames) {
      llvm::consumeError(frames.takeError());
      return;
    }
    if (*frames == nullptr) return;
    for (const llvm::dwarf::FrameEntry& entry : (*frames)->entries()) {
      if (const auto* function = llvm::dyn_cast<llvm::dwarf::FDE>(&entry)) functions_.push_back(function);
    }
    std::ranges::sort(functions_, {}, [](const auto* function) { return function->getInitialLocation(); });
  }

  // Where the function with this address of the file begins.
  std::optional<std::uint64_t> beginning(std::uint64_t address) const {
    const llvm::dwarf::FDE* function = at(address);
    return function == nullptr ? std::nullopt : std::optional{function->getInitialLocation()};
  }

  // How to leave the frame at this address of the file.
  std::optional<llvm::dwarf::UnwindRow> row(std::uint64_t address) const {
    const llvm::dwarf::FDE* function = at(address);
    if (function == nullptr) return std::nullopt;
    auto table = llvm::dwarf::UnwindTable::create(function);
    if (!table) {
      llvm::consumeError(table.takeError());
      return std::nullopt;
    }
    std::optional<llvm::dwarf::UnwindRow> out;
    for (const llvm::dwarf::UnwindRow& row : *table) {
      if (row.hasAddress() && row.getAddress() > address) break;
      out = row;
    }
    return out;
  }

 private:
  const llvm::dwarf::FDE* at(std::uint64_t address) const {
    const auto after = std::ranges::upper_bound(functions_, address, {},
                                                [](const auto* one) { return one->getInitialLocation(); });
    if (after == functions_.begin()) return nullptr;
    const llvm::dwarf::FDE* function = *(after - 1);
    return address - function->getInitialLocation() < function->getAddressRange() ? function : nullptr;
  }

  llvm::object::OwningBinary<llvm::object::ObjectFile> binary_;
  std::unique_ptr<llvm::DWARFContext> context_;
  std::vector<const llvm::dwarf::FDE*> functions_;
};

}  // namespace

struct Unwinder::Parts {
  const ProcessImage& process;
  std::map<std::string, std::unique_ptr<ModuleFrames>> modules;

  const ModuleFrames& frames(const std::string& path) {
    auto& found = modules[path];
    if (!found) found = std::make_unique<ModuleFrames>(path);
    return *found;
  }

  // Whether code may return to here: right behind a call.
  bool isReturnAddress(std::uint64_t address) const {
    const ImageMapping* mapping = process.mappingAt(address);
    if (mapping == nullptr || !mapping->executable) return false;
    std::array<std::uint8_t, 8> before{};
    if (!process.read(address - before.size(), before.data(), before.size())) return false;
    if (before[3] == 0xe8) return true;                                // call rel32
    if (before[6] == 0xff && (before[7] & 0xf8) == 0xd0) return true;  // call reg
    for (const std::size_t at : {1u, 2u, 3u, 4u, 5u}) {                // call [memory]
      if (before[at] == 0xff && (before[at + 1] & 0x38) == 0x10) return true;
    }
    return false;
  }

  // The frame pointer of a frame whose stack begins at `sp`, from what the function's first instructions do:
  // it saves registers, which the row tells, and makes room for its variables, which only the code tells.
  std::optional<std::uint64_t> framePointerByPrologue(std::uint64_t function, std::uint64_t sp,
                                                      const llvm::dwarf::UnwindRow& row) const {
    std::uint64_t saved = 0;
    for (const std::size_t number : kCalleeSaved) {
      if (number != kBasePointer &&
          row.getRegisterLocations().getRegisterLocation(static_cast<std::uint32_t>(number)))
        saved += 8;
    }
    const auto fits = [&](std::uint64_t room) -> std::optional<std::uint64_t> {
      const std::uint64_t frame_pointer = sp + saved + room;
      const auto back = process.value<std::uint64_t>(frame_pointer + 8);
      return back && isReturnAddress(*back) ? std::optional{frame_pointer} : std::nullopt;
    };
    constexpr std::uint8_t kRexW = 0x48, kByByte = 0x83, kByWord = 0x81, kFromStackPointer = 0xec;
    std::array<std::uint8_t, 96> code{};
    if (!process.read(function, code.data(), code.size())) return std::nullopt;
    for (std::size_t i = 0; i + 7 < code.size(); ++i) {
      if (code[i] != kRexW || code[i + 2] != kFromStackPointer) continue;
      std::uint32_t room = 0;
      if (code[i + 1] == kByByte && code[i + 3] < 0x80) room = code[i + 3];
      if (code[i + 1] == kByWord) std::memcpy(&room, &code[i + 3], sizeof room);
      if (room == 0 || room > kLargestFrame) continue;
      if (const auto found = fits(room)) return found;
    }
    return fits(0);
  }

  // A frame pointer for the frame whose stack begins at `from`.
  std::optional<std::uint64_t> guessFramePointer(std::uint64_t from) const {
    std::optional<std::uint64_t> weak;
    for (std::uint64_t at = from; at < from + kScanBytes; at += 8) {
      const auto saved = process.value<std::uint64_t>(at);
      const auto back = process.value<std::uint64_t>(at + 8);
      if (!saved || !back) break;
      if (*saved <= at || *saved - at > kLargestFrame || *saved % 8 != 0 || !isReturnAddress(*back)) continue;
      const auto outer = process.value<std::uint64_t>(*saved + 8);
      if (outer && isReturnAddress(*outer)) return at;
      if (!weak) weak = at;
    }
    return weak;
  }

  // Leaves a signal handler: what the kernel saved of the interrupted code.
  bool leaveHandler(Registers& registers) const {
    constexpr std::array<std::uint8_t, 9> kReturn{0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
    std::array<std::uint8_t, 9> code{};
    if (!process.read(*registers[kProgramCounter], code.data(), code.size()) || code != kReturn) return false;
    constexpr std::uint64_t kGeneralRegisters = 40;
    // r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip.
    constexpr std::array<std::size_t, 17> kOrder{8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16};
    Registers out;
    for (std::size_t i = 0; i < kOrder.size(); ++i) {
      out[kOrder[i]] = process.value<std::uint64_t>(*registers[kStackPointer] + kGeneralRegisters + i * 8);
      if (!out[kOrder[i]]) return false;
    }
    registers = out;
    return true;
  }

  // To the caller's frame. False at the end, or where it cannot be found.
  bool step(Registers& registers, bool is_return_address) {
    const std::uint64_t pc = *registers[kProgramCounter];
    const std::uint64_t sp = *registers[kStackPointer];
    const ImageModule* module = process.moduleAt(pc);
    std::optional<llvm::dwarf::UnwindRow> row;
    std::optional<std::uint64_t> beginning;
    if (module != nullptr) {
      const std::uint64_t address = pc - module->bias - (is_return_address ? 1 : 0);
      row = frames(module->path).row(address);
      beginning = frames(module->path).beginning(address);
    }
    std::uint64_t frame = 0;
    Registers out = registers;
    if (row && row->getCFAValue().getLocation() == UnwindLocation::RegPlusOffset &&
        row->getCFAValue().getRegister() < kProgramCounter) {
      const std::size_t base = row->getCFAValue().getRegister();
      if (!registers[base] && base == kBasePointer) {
        registers[base] = framePointerByPrologue(module->bias + *beginning, sp, *row);
        if (!registers[base]) registers[base] = guessFramePointer(sp);
        out[base] = registers[base];
      }
      if (!registers[base]) return false;
      frame = *registers[base] + static_cast<std::uint64_t>(std::int64_t{row->getCFAValue().getOffset()});
      for (const std::size_t number : kCalleeSaved) {
        const auto where =
            row->getRegisterLocations().getRegisterLocation(static_cast<std::uint32_t>(number));
        if (!where) continue;
        if (where->getLocation() == UnwindLocation::CFAPlusOffset) {
          out[number] = process.value<std::uint64_t>(
              frame + static_cast<std::uint64_t>(std::int64_t{where->getOffset()}));
        } else if (where->getLocation() == UnwindLocation::Undefined) {
          out[number] = std::nullopt;
        }
      }
      out[kProgramCounter] = process.value<std::uint64_t>(frame - 8);
    } else {
      // Code without such information, and what is left: by the frame pointer.
      if (!registers[kBasePointer] || *registers[kBasePointer] < sp)
        registers[kBasePointer] = guessFramePointer(sp);
      if (!registers[kBasePointer]) return false;
      frame = *registers[kBasePointer] + 16;
      out = {};
      out[kBasePointer] = process.value<std::uint64_t>(frame - 16);
      out[kProgramCounter] = process.value<std::uint64_t>(frame - 8);
    }
    if (frame <= sp) return false;
    out[kStackPointer] = frame;
    registers = out;
    return registers[kProgramCounter].value_or(0) != 0;
  }
};

Unwinder::Unwinder(const ProcessImage& process) : parts_(std::make_unique<Parts>(Parts{process, {}})) {}
Unwinder::~Unwinder() = default;

std::vector<std::uint64_t> Unwinder::stack(const ImageThread& thread) {
  std::vector<std::uint64_t> out;
  Registers registers = thread.registers;
  if (!registers[kProgramCounter] || !registers[kStackPointer]) return out;
  bool is_return_address = false;
  while (out.size() < kDeepest) {
    out.push_back(*registers[kProgramCounter] + (is_return_address ? 0 : 1));
    if (parts_->leaveHandler(registers)) {
      is_return_address = false;
    } else {
      if (!parts_->step(registers, is_return_address)) break;
      is_return_address = true;
    }
    if (parts_->process.mappingAt(*registers[kProgramCounter]) == nullptr) break;
  }
  return out;
}

}  // namespace gridlock::observe
