// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx virt compose, explain, diff and verify: what qsbx answers of a command line, of a guest's.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>

#include "integration/libvirt/guest_check.h"
#include "integration/libvirt/guests.h"
#include "integration/libvirt/question_target.h"
#include "integration/libvirt/virt_commands.h"
#include "integration/libvirt/virt_report.h"
#include "src/errors/text.h"
#include "src/machine/declared_options.h"
#include "src/machine/process_command.h"

namespace qsbx {
namespace {

using Words = std::vector<std::string>;

// With what is declared first, so that what the user asks for comes on top of it, or instead.
Words selection_of(const Target& target, const Words& more) {
  Words words = without_overridden(target.declared, more);
  words.insert(words.end(), more.begin(), more.end());
  words.emplace_back("--argv");
  words.insert(words.end(), target.command.begin(), target.command.end());
  return words;
}

Status become_qsbx(const Words& words) {
  const std::string program = own_folder() + "/qsbx";
  std::vector<char*> arguments = {const_cast<char*>("qsbx")};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  return Error{ErrorCode::kKernel, "cannot start " + program + ": " + std::strerror(errno), errno};
}

// Comes back with why it could not.
Status ask(const std::string& question, const Words& targets, const Words& more) {
  Words words = {question};
  for (const std::string& name : targets) {
    const auto target = read_target(name);
    if (!target) return target.error();
    tell_notes(*target);
    const bool first = words.size() == 1;
    if (!first) words.emplace_back("--");
    const Words selection = selection_of(*target, first ? more : Words());
    words.insert(words.end(), selection.begin(), selection.end());
  }
  return become_qsbx(words);
}

Error nothing_locks_down(const Guest& guest) {
  const bool next_time = changed_protection(guest).has_value();
  return Error{ErrorCode::kNotProven,
               "nothing locks " + printable(guest.name) + " down; " +
                   (next_time ? "it was enabled after its start: shut it down and start it"
                              : "qsbx virt enable does")};
}

std::string what_is_in_force(const GuestCheck& check) {
  if (!check.runs) return "does not run; only the program of its policy is proven";
  if (check.is_open()) return "mode audit: nothing is in force before it runs";
  if (!check.read_back) return "every thread has filters of qsbx's; only root can read them back";
  if (check.phase == Phase::kBoot) {
    return "read back of every thread: nothing beyond phase boot, as before it first runs";
  }
  return "read back of every thread: nothing beyond its policy (" + to_string(*check.protection) +
         ")";
}

// What the kernel has in force in a guest that runs.
Status verify_in_force(const std::string& name) {
  const auto guest = find_guest(daemon_of(getuid()), name);
  if (!guest) return guest.error();
  const GuestCheck check = check_guest(*guest);
  if (check.wrong) return Error{check.wrong->code, printable(name) + ": " + check.wrong->message};
  if (!check.protection) return nothing_locks_down(*guest);
  say(printable(name) + ": " + what_is_in_force(check));
  return Done{};
}

// First what is in force, and then the proof of the program that its policy becomes.
Status verify(const Words& targets, const Words& more) {
  if (!names_file(targets.front())) {
    if (Status holds = verify_in_force(targets.front()); !holds) return holds;
  }
  return ask("verify", targets, more);
}

// "--", behind which a guest's name may begin with a dash, is no word for qsbx.
Words without_separator(Words more) {
  const auto separator = std::ranges::find(more, "--");
  if (separator != more.end()) more.erase(separator);
  return more;
}

using Answer = std::function<Status(const Words& targets, const Words& more)>;

void add_question(CLI::App& app, const std::string& question, const std::string& about,
                  const Words& targets, const Answer& answer, int& exit_status) {
  CLI::App* command = app.add_subcommand(question, about);
  auto names = std::make_shared<Words>(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) {
    command
        ->add_option(targets[i], (*names)[i],
                     "A guest, its description, or the log that libvirt keeps of it")
        ->required()
        ->type_name("");
  }
  command->allow_extras();
  command->footer("Then, whatever else qsbx " + question + " takes; see qsbx " + question +
                  " --help.");
  command->callback([answer, names, command, &exit_status] {
    const Status done = answer(*names, without_separator(command->remaining()));
    if (!done) exit_status = report(done.error());
  });
}

// For qsbx, which links neither libxml2 nor libvirt: the words that stand for a guest, or for a
// file whatever its name ends with, each with a NUL after it.
Status print_selection(const std::string& name, bool is_file) {
  const auto target = is_file ? target_of_description(name) : target_of_guest(name);
  if (!target) return target.error();
  tell_notes(*target);
  for (const std::string& word : selection_of(*target, {})) std::cout << word << '\0';
  return Done{};
}

void add_selection_command(CLI::App& app, const std::string& command_name, bool is_file,
                           int& exit_status) {
  CLI::App* command = app.add_subcommand(command_name, "")->group("");  // not in --help
  auto name = std::make_shared<std::string>();
  command->add_option("NAME", *name)->required();
  command->callback([name, is_file, &exit_status] {
    const Status done = print_selection(*name, is_file);
    exit_status = done ? kDone : report(done.error());
  });
}

}  // namespace

void add_question_commands(CLI::App& app, int& exit_status) {
  const Words one = {"NAME|FILE.xml|FILE.log"};
  const auto qsbx = [](const std::string& question) -> Answer {
    return [question](const Words& targets, const Words& more) {
      return ask(question, targets, more);
    };
  };
  add_question(app, "compose", "What a guest is made of, and which profiles that brings in", one,
               qsbx("compose"), exit_status);
  add_question(app, "explain", "Why each call is granted to a guest", one, qsbx("explain"),
               exit_status);
  add_question(app, "diff", "What one guest is granted and another is not",
               {"NAME|FILE.xml|FILE.log", "OTHER|FILE.xml|FILE.log"}, qsbx("diff"), exit_status);
  add_question(
      app, "verify",
      "Whether a guest that runs has its policy in force, and whether the program is equal "
      "to the policy",
      one, verify, exit_status);
  add_selection_command(app, "selection-of-domain", false, exit_status);
  add_selection_command(app, "selection-of-xml", true, exit_status);
}

}  // namespace qsbx
