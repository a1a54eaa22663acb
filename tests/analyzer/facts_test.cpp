// Facts as bytes: what is written is read back, and nothing that comes from outside is believed.
#include <gtest/gtest.h>

#include <random>
#include <span>

#include "analyzer/facts/content_hash.h"
#include "analyzer/facts/dump.h"
#include "analyzer/facts/frame.h"
#include "analyzer/facts/hash.h"
#include "analyzer/facts/io.h"
#include "analyzer/facts/validate.h"

namespace gridlock::facts {
namespace {

Result<std::vector<Unit>> read(const std::string& bytes) {
  return readUnits(std::as_bytes(std::span(bytes)), "test.glf");
}

// A small unit that uses every table.
Unit sample() {
  Unit unit;
  unit.tool_version = "1";
  unit.strings = {"", "a.c", "m", "f", "x", "data-race", "tag@1"};
  unit.main_file = 1;
  unit.flags_hash = 0x123456789abcdef0;
  unit.files = {{.path = 1, .system = false, .content_hash = 7}};
  unit.sites = {{.file = 0, .line = 3, .column = 5}};
  Type integer;
  integer.kind = TypeKind::Scalar;
  Type record;
  record.kind = TypeKind::Record;
  record.name = 6;
  record.fields = {0};
  Type pointer;
  pointer.kind = TypeKind::Pointer;
  pointer.element = 1;
  unit.types = {integer, record, pointer};
  Field field;
  field.parent = 1;
  field.name = 4;
  field.type = 2;
  field.is_mutable = true;
  unit.fields = {field};
  Symbol variable;
  variable.kind = SymbolKind::Variable;
  variable.name = variable.qualified = variable.display = 2;
  variable.type = 1;
  Symbol function;
  function.name = function.qualified = function.display = 3;
  function.params = {2};
  unit.symbols = {variable, function};
  Path global;
  global.root = RootKind::Global;
  global.type = 1;
  Path local;
  local.root = RootKind::Local;
  local.steps = {{.kind = StepKind::Deref},
                 {.kind = StepKind::Field, .index = 0},
                 {.kind = StepKind::Element, .element = ElementKind::Value, .index = 0}};
  unit.paths = {global, local};
  Value number;
  number.kind = ValueKind::Constant;
  number.number = -5;
  Value load;
  load.kind = ValueKind::Load;
  load.index = 1;
  Value callee;
  callee.kind = ValueKind::Function;
  callee.index = 1;
  Value compare;
  compare.kind = ValueKind::Compare;
  compare.op = CompareOp::Le;
  compare.left = 1;
  compare.right = 0;
  unit.values = {number, load, callee, compare};
  Function body;
  body.symbol = 1;
  body.parameter_names = {4};
  body.parameter_types = {2};
  body.parameter_address_taken = {true};
  body.locals = {{.kind = LocalKind::Variable, .name = 4, .type = 2}};
  Instruction call;
  call.kind = InstructionKind::Call;
  call.callee = 2;
  call.args = {1, 3};
  call.site = 0;
  Instruction write;
  write.kind = InstructionKind::Write;
  write.path = 0;
  write.value = 1;
  write.loop_depth = 2;
  body.instructions = {call, write};
  body.blocks.resize(2);
  body.blocks[0].instructions = {0, 1};
  body.blocks[0].condition = 3;
  body.blocks[0].successors = {{.target = 1, .kind = EdgeKind::Case, .number = -9}, {.target = 0}};
  body.exit = 1;
  unit.functions = {body};
  Attribute attribute;
  attribute.field = 0;
  attribute.arguments = {0};
  unit.attributes = {attribute};
  unit.nolints = {{.file = 0, .first_line = 1, .last_line = 2, .rules = {5}}};
  unit.errors = {"a.c:1: no"};
  unit.skipped_functions = 3;
  fillContentHashes(unit);
  return unit;
}

// The payload of `bytes` changed by `change`, in a frame that fits.
template <typename Change>
std::string reframed(std::string bytes, Change change) {
  std::string payload = bytes.substr(kFrameSize);
  change(payload);
  std::string out = bytes.substr(0, kFrameLength);
  for (const std::uint64_t word : {static_cast<std::uint64_t>(payload.size()), hashOf(payload)})
    for (int byte = 0; byte < 8; ++byte) out.push_back(static_cast<char>(word >> (8 * byte)));
  return out + payload;
}

TEST(Facts, AreReadBackAsWritten) {
  const Unit unit = sample();
  ASSERT_EQ(findFault(unit), std::nullopt);
  const std::string bytes = writeUnit(unit);
  const auto units = read(bytes);
  ASSERT_TRUE(units) << units.error().text();
  ASSERT_EQ(units->size(), 1u);
  EXPECT_EQ(dump((*units)[0]), dump(unit));
  EXPECT_EQ(writeUnit((*units)[0]), bytes);
  EXPECT_EQ((*units)[0].values[0].number, -5);
  EXPECT_EQ((*units)[0].functions[0].blocks[0].successors[0].number, -9);
}

TEST(Facts, MayBeConcatenatedWithPadding) {
  const std::string bytes = writeUnit(sample());
  const auto units = read(std::string(3, '\0') + bytes + std::string(5, '\0') + bytes);
  ASSERT_TRUE(units) << units.error().text();
  EXPECT_EQ(units->size(), 2u);
}

TEST(Facts, NothingIsNoFacts) {
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read(std::string(40, '\0')));
  const auto text = read("int main() {}");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().text(), "test.glf: offset 0: these are no Gridlock facts");
}

TEST(Facts, OfAnotherVersionAreRefused) {
  std::string bytes = writeUnit(sample());
  bytes[kFrameVersion] = static_cast<char>(kFactsVersion + 1);
  const auto units = read(bytes);
  ASSERT_FALSE(units);
  EXPECT_NE(units.error().message.find("version"), std::string::npos);
}

TEST(Facts, EveryTruncationIsAnError) {
  const std::string bytes = writeUnit(sample());
  for (std::size_t size = 1; size < bytes.size(); ++size) EXPECT_FALSE(read(bytes.substr(0, size))) << size;
}

TEST(Facts, EveryFlippedBitIsAnError) {
  const std::string bytes = writeUnit(sample());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at >= kFrameVersion + 4 && at < kFrameLength) continue;  // reserved
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_FALSE(read(changed)) << at;
  }
}

// With a hash that fits, the reader has to find out itself, or the facts are sound.
TEST(Facts, HostileContentIsRefusedOrSound) {
  const std::string bytes = writeUnit(sample());
  std::mt19937 random(1);
  int sound = 0, refused = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto units = read(reframed(bytes, [&](std::string& payload) {
      for (unsigned count = 1 + random() % 3; count-- > 0;)
        payload[random() % payload.size()] = static_cast<char>(random());
    }));
    if (!units) {
      ++refused;
      continue;
    }
    ++sound;
    for (const Unit& unit : *units) {
      EXPECT_EQ(findFault(unit), std::nullopt);
      dump(unit);
    }
  }
  EXPECT_GT(sound, 100);
  EXPECT_GT(refused, 1000);
}

TEST(Facts, BytesLeftOverAreAnError) {
  const auto units = read(reframed(writeUnit(sample()), [](std::string& payload) { payload += "x"; }));
  ASSERT_FALSE(units);
  EXPECT_NE(units.error().message.find("left over"), std::string::npos);
}

// Each breaks one promise of validate.h.
TEST(Facts, IndicesThatLeadNowhereAreFaults) {
  const auto faulty = [](auto change) {
    Unit unit = sample();
    change(unit);
    return findFault(unit).has_value();
  };
  EXPECT_FALSE(faulty([](Unit&) {}));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.main_file = 99; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.sites[0].file = 1; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.types[2].element = 2; })) << "a pointer to itself";
  EXPECT_TRUE(faulty([](Unit& unit) { unit.types[1].fields[0] = 1; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.fields[0].parent = kNoIndex; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.symbols[1].params[0] = 3; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.paths[0].index = 2; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.paths[1].steps[1].index = 1; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.paths[1].steps.resize(kMaxSteps + 2); }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.values[3].left = 3; })) << "a value made of itself";
  EXPECT_TRUE(faulty([](Unit& unit) { unit.paths[1].steps[2].index = 1; })) << "a value whose path needs it";
  EXPECT_TRUE(faulty([](Unit& unit) { unit.values[2].index = 2; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.functions[0].locals.clear(); }))
      << "a path to a local that is not there";
  EXPECT_TRUE(faulty([](Unit& unit) { unit.functions[0].blocks[0].successors[0].target = 2; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.functions[0].blocks[0].instructions[0] = 2; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.functions[0].entry = 2; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.functions[0].lambda_parent = 0; })) << "its own parent";
  EXPECT_TRUE(faulty([](Unit& unit) { unit.functions[0].parameter_types.clear(); }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.static_initialisers = 1; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.attributes[0].arguments[0] = 2; }));
  EXPECT_TRUE(faulty([](Unit& unit) { unit.nolints[0].rules[0] = 99; }));
}

TEST(Facts, ContentHashesSpeakOfNames) {
  Unit unit = sample();
  const std::uint64_t before = unit.functions[0].content_hash;
  // The same names at other positions.
  unit.strings.push_back("f");
  unit.symbols[1].name = 7;
  fillContentHashes(unit);
  EXPECT_EQ(unit.functions[0].content_hash, before);
  unit.strings[7] = "g";
  fillContentHashes(unit);
  EXPECT_NE(unit.functions[0].content_hash, before);
}

}  // namespace
}  // namespace gridlock::facts
