// Starting `gridlock report` from within a program that was started directly (no launcher).
#pragma once

namespace gridlock::runtime {

// Finds the command while the working directory is still the one the library was loaded from.
void findReportCommand();

// Runs the command over the session's folder and waits for it: its exit status; negative when it could not be
// run, after one line that says where the record is and what reads it.
int runReportCommand();

}  // namespace gridlock::runtime
