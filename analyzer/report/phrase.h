// Words that several writers need: threads, locks and places in a form for people.
#pragma once

#include <string>
#include <string_view>

#include "analyzer/model/report.h"

namespace gridlock::report {

// "file:line:column", as much of it as is known; empty when the file is not.
std::string placeText(const std::string& file, int line, int column);

// "thread 3 (worker)"; by its name, else by the function it starts in.
std::string threadText(const model::Report& report, model::Id thread);

std::string_view lockName(const model::Report& report, model::Id lock);

// What a step says, without its place: "thread 3 (worker) acquires `a`".
std::string stepText(const model::Report& report, const model::Step& step);

// The innermost frame of a stack, or the site of a step, that is not inside a library's headers;
// what a person looks at. The file is empty when nothing is known.
model::Frame userFrame(const model::Report& report, const model::Step& step);

// Names in reports may come from anywhere: control characters become '?'.
std::string printable(std::string_view text);

// How many findings there are, by severity and status: "1 error, 2 warnings".
std::string countText(const model::Report& report);

}  // namespace gridlock::report
