// The flight record of this process image: made, mapped, its rows handed out.
//
// openRecord() and closeForkedRecord() are called by one thread at a time (core/init.cpp sees to that);
// everything else may be called by any thread. A row is handed out zeroed and belongs to the caller
// until it publishes it. Pages are claimed from the kernel before they are touched, so that a full
// file system costs rows and not the process.
#pragma once

#include <cstdint>

#include "gridlock/record.h"
#include "gridlock/record_view.h"

namespace gridlock::runtime {

using record::Index;
using record::kNone;
using record::Table;

struct Record {
  record::Header* header = nullptr;
  char* base = nullptr;
  std::uint64_t size = 0;
  record::ThreadRow* threads = nullptr;
  record::SegmentRow* segments = nullptr;
  record::LockRow* locks = nullptr;
  record::FrameRow* frames = nullptr;
  record::ModuleRow* modules = nullptr;
  record::HeldBlock* held = nullptr;
  record::ChainRow* chains = nullptr;
  record::RequestRow* requests = nullptr;
  record::SectionRow* sections = nullptr;
  record::EventRow* events = nullptr;
  char path[512] = {};
};

extern Record current __attribute__((visibility("hidden")));

// Where records go. `folder` is the session's; it is made when the first record is.
struct Session {
  char folder[400];
  bool by_launcher;         // `gridlock run` made it and watches
  std::uint32_t owner_pid;  // the process that writes the report, when no launcher does
  bool folder_is_ours;      // this process made the folder
};

extern Session session;

// False, and one line on stderr, when there can be no record. `parent`: that of the process forked from.
bool openRecord(const Record* parent);

// The parent's record, which a forked child still has mapped, is let go.
void closeRecord(const Record& record);

Index claim(Table table);
Index addText(const char* bytes, std::uint32_t length);
record::RecordView viewRecord();

// Whether nothing is recorded any more (core/init.cpp).
bool isPassive();

void setLife(record::LifeCycle life, int exit_code);
void noteTrouble(record::Trouble trouble);

}  // namespace gridlock::runtime
