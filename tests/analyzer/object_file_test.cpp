// Facts in ELF files and archives: what is there is found, and nothing in the file is believed.
#include <gtest/gtest.h>

#include <elf.h>

#include <cstring>
#include <random>

#include "analyzer/facts/frame.h"
#include "analyzer/facts/io.h"
#include "analyzer/facts/object_file.h"

namespace gridlock::facts {
namespace {

std::string chunk(const std::string& main_file) {
  Unit unit;
  unit.strings = {"", main_file};
  unit.main_file = 1;
  return writeUnit(unit);
}

template <typename T>
std::string bytesOf(const T& row) {
  return std::string(reinterpret_cast<const char*>(&row), sizeof row);
}

// An object with one section of facts and a table of names.
std::string object(const std::string& facts) {
  const std::string names = std::string("\0.shstrtab\0", 11) + std::string(kSectionName) + '\0';
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_REL;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  header.e_shstrndx = 1;
  header.e_shoff = sizeof header + names.size() + facts.size();
  Elf64_Shdr none{}, strings{}, section{};
  strings.sh_type = SHT_STRTAB;
  strings.sh_name = 1;
  strings.sh_offset = sizeof header;
  strings.sh_size = names.size();
  section.sh_type = SHT_PROGBITS;
  section.sh_name = 11;
  section.sh_offset = sizeof header + names.size();
  section.sh_size = facts.size();
  return bytesOf(header) + names + facts + bytesOf(none) + bytesOf(strings) + bytesOf(section);
}

std::string member(std::string name, const std::string& content) {
  name.resize(16, ' ');
  std::string size = std::to_string(content.size());
  size.resize(10, ' ');
  return name + std::string(32, ' ') + size + "`\n" + content + (content.size() % 2 ? "\n" : "");
}

std::vector<Unit> unitsOf(const ObjectFile& file, std::vector<Error>& errors) {
  std::vector<Unit> units;
  for (const FactsSection& section : file.sections) readChunks(section, units, errors);
  return units;
}

TEST(ObjectFile, GivesTheChunksOfItsSection) {
  const std::string bytes = object(chunk("a.c") + std::string(3, '\0') + chunk("b.c"));
  Result<ObjectFile> file = readObjectFile(bytes, "x.o");
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_EQ(file->kind, ObjectKind::Object);
  std::vector<Error> errors;
  EXPECT_EQ(unitsOf(*file, errors).size(), 2u);
  EXPECT_TRUE(errors.empty());
}

TEST(ObjectFile, GivesTheMembersOfAnArchive) {
  const std::string archive = "!<arch>\n" + member("/", "symbols") + member("//", "a_rather_long_name.o/\n") +
                              member("/0", object(chunk("a.c"))) + member("b.o/", object(chunk("b.c"))) +
                              member("notes.txt/", "text") + member("c.o/", std::string(ELFMAG) + "broken");
  Result<ObjectFile> file = readObjectFile(archive, "l.a");
  ASSERT_TRUE(file) << file.error().text();
  ASSERT_EQ(file->sections.size(), 2u);
  EXPECT_EQ(file->sections[0].name, "l.a(a_rather_long_name.o)");
  EXPECT_EQ(file->sections[1].name, "l.a(b.o)");
  ASSERT_EQ(file->faults.size(), 1u);
  EXPECT_EQ(file->faults[0].file, "l.a(c.o)");
}

TEST(ObjectFile, ADamagedChunkCostsItselfOnly) {
  std::string damaged = chunk("a.c");
  damaged[kFrameSize] ^= 1;
  std::string endless = chunk("c.c");
  endless[kFrameLength + 7] = 0x7f;
  const std::string bytes = object(damaged + chunk("b.c") + endless + chunk("d.c"));
  Result<ObjectFile> file = readObjectFile(bytes, "x.o");
  ASSERT_TRUE(file);
  std::vector<Error> errors;
  EXPECT_EQ(unitsOf(*file, errors).size(), 2u);
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].message, "the facts are damaged");
  EXPECT_EQ(errors[1].message, "the facts are cut off");
}

TEST(ObjectFile, WhatIsNoObjectIsOther) {
  for (const std::string_view bytes :
       {std::string_view(""), std::string_view("#!/bin/sh\n"), std::string_view("!<")})
    EXPECT_EQ(readObjectFile(bytes, "x")->kind, ObjectKind::Other);
  EXPECT_FALSE(readObjectFile("BC\xc0\xde", "x"));
}

// Any change of any byte, and any length: an answer or an error, never a read outside.
TEST(ObjectFile, SurvivesEveryDamage) {
  std::mt19937 random(7);
  const std::string inputs[] = {object(chunk("a.c")), "!<arch>\n" + member("//", "long_name.o/\n") +
                                                          member("/0", object(chunk("a.c")))};
  for (const std::string& whole : inputs) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string cut = whole.substr(0, size);
      Result<ObjectFile> file = readObjectFile(cut, "cut");
      std::vector<Error> errors;
      if (file) unitsOf(*file, errors);
    }
    for (int round = 0; round < 20000; ++round) {
      std::string changed = whole;
      for (unsigned count = 1 + random() % 4; count > 0; --count)
        changed[random() % changed.size()] = static_cast<char>(random() % 3 ? random() : 0xff);
      Result<ObjectFile> file = readObjectFile(changed, "changed");
      std::vector<Error> errors;
      if (!file) continue;
      unitsOf(*file, errors);
      for (const FactsSection& section : file->sections) {
        EXPECT_GE(section.bytes.data(), changed.data());
        EXPECT_LE(section.bytes.data() + section.bytes.size(), changed.data() + changed.size());
      }
    }
  }
}

}  // namespace
}  // namespace gridlock::facts
