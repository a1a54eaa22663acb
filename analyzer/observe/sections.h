// Critical sections of one record: where a lock is taken, how often, for how long, at what cost to
// others. Rows of all threads that take the same lock class at the same place become one.
#pragma once

#include "analyzer/model/report.h"
#include "analyzer/observe/lock_classes.h"
#include "analyzer/observe/record_file.h"
#include "analyzer/observe/stacks.h"

namespace gridlock::observe {

void addSections(const RecordFile& file, StackReader& stacks, LockClasses& locks, model::Report& report);

}  // namespace gridlock::observe
