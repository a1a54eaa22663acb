// Words that several writers need: threads, locks and places in a form for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/model/report.h"

namespace gridlock::report {

// "file:line:column", as much of it as is known; empty when the file is not.
std::string placeText(const std::string& file, int line, int column);

// "thread 3 (worker)"; by its name, else by the function it starts in, else by where it was created.
std::string threadText(const model::Report& report, model::Id thread);

std::string_view lockName(const model::Report& report, model::Id lock);

// What a step says, without its place: "thread 3 (worker) acquires `a`". `object` is from
// objectNumbers.
std::string stepText(const model::Report& report, const model::Step& step, int object = 0);

// All steps of a finding, each as stepText says it; threads of one kind that meet each other are told apart.
std::vector<std::string> storyTexts(const model::Report& report, const model::Finding& finding);

// Tells apart the objects of one lock class within a finding, where several threads each hold one: a
// number from 1 for each step, 0 where there is nothing to tell apart.
std::vector<int> objectNumbers(const model::Report& report, const model::Finding& finding);

// Why a run's report may not be all of it.
std::string incompleteText(const model::Run& run);

// The innermost frame of a stack, or the site of a step, that is not inside a library's headers;
// what a person looks at. The file is empty when nothing is known.
model::Frame userFrame(const model::Report& report, const model::Step& step);

// Names in reports may come from anywhere: control characters become '?'.
std::string printable(std::string_view text);

// How many findings there are, by severity and status: "1 error, 2 warnings".
std::string countText(const model::Report& report);

}  // namespace gridlock::report
