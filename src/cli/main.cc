// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The qsbx command.
#include <algorithm>
#include <iostream>

#include "src/cli/commands.h"
#include "src/cli/guest_selection.h"
#include "src/cli/report.h"
#include "src/cli/virt.h"

namespace qsbx {
namespace {

using Words = std::vector<std::string>;

// The words after the first `mark`, taken off `words` with it. Nothing when there is no mark.
Words take_words_after(Words& words, const std::string& mark, bool keep_mark) {
  const auto place = std::find(words.begin(), words.end(), mark);
  if (place == words.end()) return {};
  Words taken(place + 1, words.end());
  words.erase(place + (keep_mark ? 1 : 0), words.end());
  return taken;
}

struct ForeignWords {
  QemuCommand qemu;
  SecondSelection second;
  std::vector<SecondSelection> later;
};

bool is_command(const Words& words, const char* name) {
  return !words.empty() && words.front() == name;
}

// What follows each --, in the order of the line.
std::vector<SecondSelection> take_later_selections(Words& words) {
  std::vector<SecondSelection> later;
  for (auto mark = words.end(); mark != words.begin();) {
    if (*--mark != "--") continue;
    SecondSelection selection = {{mark + 1, words.end()}, {}};
    selection.qemu = take_words_after(selection.words, "--argv", true);
    later.push_back(std::move(selection));
    mark = words.erase(mark, words.end());
  }
  std::reverse(later.begin(), later.end());
  return later;
}

// `run` and `trace` have QEMU's words after --, everything else after --argv; `diff` a second
// selection after --, and `stack` any number of them.
ForeignWords take_foreign_words(Words& words) {
  if (is_command(words, "run") || is_command(words, "trace"))
    return {take_words_after(words, "--", false), {}, {}};
  ForeignWords foreign;
  if (is_command(words, "diff")) {
    foreign.second.words = take_words_after(words, "--", false);
    foreign.second.qemu = take_words_after(foreign.second.words, "--argv", true);
  }
  if (is_command(words, "stack")) foreign.later = take_later_selections(words);
  foreign.qemu = take_words_after(words, "--argv", true);
  return foreign;
}

// Commands that take no selection are left alone, and complain of what they do not know themselves.
Result<Words> with_guests_of_libvirt(const Words& words) {
  for (const char* several : {"diff", "stack"}) {
    if (is_command(words, several)) return with_guests_replaced(words);
  }
  for (const char* one : {"compile", "compose", "eval", "explain", "learn", "verify"}) {
    if (is_command(words, one)) return with_guest_replaced(words);
  }
  return words;
}

bool lacks_qemu(const Words& words, const QemuCommand& qemu) {
  return !words.empty() && words.back() == "--argv" && qemu.empty();
}

bool lacks_qemu(const Words& words, const ForeignWords& foreign) {
  const auto lacks = [](const SecondSelection& one) { return lacks_qemu(one.words, one.qemu); };
  return lacks_qemu(words, foreign.qemu) || lacks(foreign.second) ||
         std::any_of(foreign.later.begin(), foreign.later.end(), lacks);
}

void add_commands(CLI::App& app, const ForeignWords& foreign, int& exit_status) {
  const QemuCommand& qemu = foreign.qemu;
  add_run_command(app, qemu, exit_status);
  add_compose_command(app, qemu, exit_status);
  add_compile_command(app, qemu, exit_status);
  add_eval_command(app, qemu, exit_status);
  add_explain_command(app, qemu, exit_status);
  add_diff_command(app, qemu, foreign.second, exit_status);
  add_stack_command(app, qemu, foreign.later, exit_status);
  add_verify_command(app, qemu, exit_status);
  add_trace_command(app, qemu, exit_status);
  add_learn_command(app, qemu, exit_status);
  add_coverage_command(app, exit_status);
  add_lint_command(app, exit_status);
  add_status_command(app, exit_status);
  add_probe_command(app, exit_status);
  add_virt_command(app);
}

// Where to read on: the help of the subcommand that the line asks for.
std::string help_hint(const CLI::App& app) {
  const std::vector<CLI::App*> asked_for = app.get_subcommands();
  return asked_for.empty() ? "qsbx --help" : "qsbx " + asked_for.front()->get_name() + " --help";
}

// CLI11 reports by exceptions; none leaves this function.
int parse_and_run(CLI::App& app, Words words, const int& exit_status) {
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(words);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    say(error.what());
    say("see " + help_hint(app));
    return kBadInput;
  }
  return exit_status;
}

int run_qsbx(Words words) {
  if (is_command(words, "virt")) return become_virt({words.begin() + 1, words.end()});
  Result<Words> replaced = with_guests_of_libvirt(words);
  if (!replaced) return report(replaced.error());
  words = std::move(replaced).value();
  const ForeignWords foreign = take_foreign_words(words);
  if (lacks_qemu(words, foreign)) {
    say("--argv needs QEMU and its options after it");
    return kBadInput;
  }
  int exit_status = kYes;
  CLI::App app{"Locks a QEMU process down: system calls that its devices do not need are denied."};
  app.name("qsbx");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("qsbx ") + QSBX_VERSION);
  add_commands(app, foreign, exit_status);
  const int status = parse_and_run(app, std::move(words), exit_status);
  std::cout.flush();
  if (std::cout) return status;
  say("cannot write to standard output");
  return kLacking;
}

}  // namespace
}  // namespace qsbx

int main(int argc, char** argv) { return qsbx::run_qsbx({argv + 1, argv + argc}); }
