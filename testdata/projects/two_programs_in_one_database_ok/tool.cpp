#include "settings.h"

int main() {
  raiseVerbosity();
  return verbosity == 1 ? 0 : 1;
}
