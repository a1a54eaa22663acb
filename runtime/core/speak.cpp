// One write a line, so that lines of several processes do not mix. A closed stderr loses the line.

#include "runtime/core/speak.h"

namespace gridlock::runtime {

void say(Line& line) {
  Line whole;
  whole << "gridlock: " << line.text();
  whole.writeTo(2);
}

void say(const char* text) {
  Line line;
  line << text;
  say(line);
}

}  // namespace gridlock::runtime
