#include "settings.h"

int verbosity = 0;

void raiseVerbosity() { ++verbosity; }
