// gridlock explain: the section of docs/rules.md for one rule.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "analyzer/cli/commands.h"
#include "analyzer/cli/output.h"
#include "analyzer/model/finding.h"
#include "analyzer/report/rule_text.h"

namespace gridlock::cli {
namespace {

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
  std::string_view text = report::ruleText(about.id);
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
