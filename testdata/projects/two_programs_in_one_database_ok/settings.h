#pragma once
extern int verbosity;
void raiseVerbosity();
