// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx virt compose, explain and diff: what qsbx answers of a command line, of a guest's. That is
// the one of a running guest, or of its last start, or else what libvirt would make of its
// description.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "integration/libvirt/described_machine.h"
#include "integration/libvirt/guest_process.h"
#include "integration/libvirt/guests.h"
#include "integration/libvirt/text_file.h"
#include "integration/libvirt/virt_commands.h"
#include "integration/libvirt/virt_report.h"
#include "src/errors/text.h"
#include "src/lockdown/violation_report.h"

namespace qsbx {
namespace {

using Words = std::vector<std::string>;

Error never_started(const std::string& log) {
  return Error{ErrorCode::kNotProven,
               log +
                   " has no command line: the guest was never started here; name the guest, or "
                   "its description"};
}

// What QEMU was started with, and what is declared beside that.
struct Target {
  Words declared;  // options of qsbx
  Words command;
  Words notes;  // what was assumed
};

Words options_for(const Protection& protection) {
  Words options = {"--mode", std::string(mode_name(protection.mode))};
  for (const std::string& feature : protection.features) {
    options.insert(options.end(), {"--allow", feature});
  }
  return options;
}

Result<Target> target_of_log(const std::string& file) {
  if (access(file.c_str(), R_OK) != 0) {
    return Error{ErrorCode::kUsage, "cannot read " + file + ": " + std::strerror(errno), errno};
  }
  const auto log = read_guest_log(file);
  if (!log) return log.error();
  if (log->command.empty()) return never_started(file);
  return Target{{}, log->command, {}};
}

Result<Words> declared_by(const Guest& guest) {
  const auto protection = protection_of(guest);
  if (!protection) return protection.error();
  return *protection ? options_for(**protection) : Words();
}

// Of a guest that runs; empty where it does not and never did.
Result<Words> command_of(const Guest& guest) {
  if (guest.runs()) return command_of_guest(guest.process);
  return guest.log.command;
}

Error in_description(const std::string& what, const Error& error) {
  return Error{error.code, printable(what) + ": " + error.message, error.saved_errno};
}

Status describe(const std::string& what, const std::string& xml, Target& target) {
  auto described = command_of_description(xml);
  if (!described) return in_description(what, described.error());
  target.command = std::move(described->words);
  target.notes = std::move(described->notes);
  return Done{};
}

Result<Target> target_of_guest(const std::string& name) {
  const auto guest = find_guest(daemon_of(getuid()), name);
  if (!guest) return guest.error();
  Target target;
  if (!guest->xml.empty()) {
    auto declared = declared_by(*guest);
    if (!declared) return declared.error();
    target.declared = std::move(declared).value();
  }
  auto command = command_of(*guest);
  if (!command) return command.error();
  target.command = std::move(command).value();
  if (!target.command.empty()) return target;
  if (Status described = describe("the guest " + name, guest->xml, target); !described) {
    return described.error();
  }
  target.notes.push_back("the guest was never started here: this is what libvirt would make of it");
  return target;
}

Result<Target> target_of_description(const std::string& file) {
  auto xml = read_text_file(file);
  if (!xml) return xml.error();
  Target target;
  if (Status described = describe(file, *xml, target); !described) return described.error();
  Guest guest;
  guest.daemon = daemon_of(getuid());
  guest.xml = std::move(xml).value();
  auto declared = declared_by(guest);
  if (!declared) return in_description(file, declared.error());
  target.declared = std::move(declared).value();
  return target;
}

Result<Target> read_target(const std::string& text) {
  if (text.ends_with(".log")) return target_of_log(text);
  if (text.ends_with(".xml")) return target_of_description(text);
  return target_of_guest(text);
}

void tell_notes(const Target& target) {
  for (const std::string& note : target.notes)
    std::cerr << "qsbx: note: " << printable(note) << "\n";
}

// With what is declared first, so that what the user asks for comes on top of it.
Words selection_of(const Target& target, const Words& more) {
  Words words = target.declared;
  words.insert(words.end(), more.begin(), more.end());
  words.emplace_back("--argv");
  words.insert(words.end(), target.command.begin(), target.command.end());
  return words;
}

Status become_qsbx(const Words& words) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = self.parent_path() / "qsbx";
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

void add_question(CLI::App& app, const std::string& question, const std::string& about,
                  const Words& targets, int& exit_status) {
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
  command->callback([question, names, command, &exit_status] {
    const Status done = ask(question, *names, command->remaining());
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
  add_question(app, "compose", "What a guest is made of, and which profiles that brings in",
               {"NAME|FILE.xml|FILE.log"}, exit_status);
  add_question(app, "explain", "Why each call is granted to a guest", {"NAME|FILE.xml|FILE.log"},
               exit_status);
  add_question(app, "diff", "What one guest is granted and another is not",
               {"NAME|FILE.xml|FILE.log", "OTHER|FILE.xml|FILE.log"}, exit_status);
  add_selection_command(app, "selection-of-domain", false, exit_status);
  add_selection_command(app, "selection-of-xml", true, exit_status);
}

}  // namespace qsbx
