// gridlock explain: the section of docs/rules.md for one rule. The text is embedded at build time, so
// that the documentation and the command cannot differ.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/output.h"
#include "analyzer/model/finding.h"

namespace gridlock::cli {
namespace {

constexpr std::string_view kText =
#include "rules_text.inc"
    ;

// From its heading to the next one of the same level.
std::string_view section(std::string_view rule) {
  const std::string heading = "\n## " + std::string(rule) + "\n";
  const std::size_t begin = kText.find(heading);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = kText.find("\n## ", begin + 1);
  return kText.substr(begin + 1, end == std::string_view::npos ? end : end - begin);
}

int explain(const std::string& id) {
  if (id.empty()) {
    for (const model::RuleInfo& rule : model::rules())
      std::cout << rule.id << std::string(rule.id.size() < 24 ? 24 - rule.id.size() : 1, ' ') << rule.title
                << "\n";
    return kNothingFound;
  }
  const std::optional<model::Rule> rule = model::ruleFromId(id);
  if (!rule) return fail({"there is no rule '" + id + "'; `gridlock explain` without a rule lists them all"});
  const model::RuleInfo& about = model::info(*rule);
  std::string cwe;
  for (int number : about.cwe) cwe += (cwe.empty() ? "CWE-" : ", CWE-") + std::to_string(number);
  std::string_view text = section(about.id);
  if (text.empty()) {
    std::cout << about.id << ": " << about.title << " (" << cwe << ")\n";
    return kNothingFound;
  }
  std::cout << text << (text.back() == '\n' ? "" : "\n");
  return kNothingFound;
}

}  // namespace

void addExplainCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("explain", "Explain a rule: what it means, an example, how to fix it");
  auto rule = std::make_shared<std::string>();
  command->add_option("rule", *rule, "Rule id, as in a report; without it all rules are listed")
      ->type_name("RULE");
  command->callback([&invocation, rule] { invocation.action = [rule] { return explain(*rule); }; });
}

}  // namespace gridlock::cli
