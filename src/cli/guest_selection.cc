// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/guest_selection.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "src/cli/report.h"
#include "src/cli/virt.h"
#include "src/machine/declared_options.h"

namespace qsbx {
namespace {

using Words = std::vector<std::string>;

// A guest as it stands on the line.
struct Guest {
  std::string question;  // for qsbx-virt
  std::string name;
};

std::string read_to_end(int pipe) {
  std::string text;
  std::array<char, 65536> part = {};
  for (ssize_t got = 0; (got = read(pipe, part.data(), part.size())) != 0;) {
    if (got < 0 && errno != EINTR) break;
    if (got > 0) text.append(part.data(), static_cast<size_t>(got));
  }
  return text;
}

// As ExitStatus has it, of a program that has ended one way or another.
int status_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kLacking;
}

[[noreturn]] void answer_into(int pipe, const Guest& guest) {
  dup2(pipe, STDOUT_FILENO);
  close(pipe);
  _exit(become_virt({guest.question, "--", guest.name}));
}

// What went wrong has been said by qsbx-virt, on standard error.
Error told_already(int status) {
  const ErrorCode code = status == kNo         ? ErrorCode::kNotProven
                         : status == kBadInput ? ErrorCode::kUsage
                                               : ErrorCode::kKernel;
  return Error{code, ""};
}

Words words_of(const std::string& text) {
  Words words;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\0', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

Result<Words> words_for(const Guest& guest) {
  std::array<int, 2> ends = {};
  const bool has_pipe = pipe(ends.data()) == 0;
  const pid_t child = has_pipe ? fork() : -1;
  if (child < 0) {
    return Error{ErrorCode::kKernel, std::string("cannot ask qsbx-virt: ") + std::strerror(errno),
                 errno};
  }
  if (child == 0) answer_into(ends[1], guest);
  close(ends[1]);
  const std::string answer = read_to_end(ends[0]);
  close(ends[0]);
  const int status = status_of(child);
  if (status != 0) return told_already(status);
  return words_of(answer);
}

// Takes `--domain NAME` or `--domain=NAME` off the words, at `place`; no name where it is none.
Guest take_guest(Words& words, Words::iterator& place) {
  for (const auto& [option, question] :
       {std::pair<std::string, std::string>{"--xml", "selection-of-xml"},
        {"--domain", "selection-of-domain"}}) {
    if (place->starts_with(option + "=")) {
      Guest guest = {question, place->substr(option.size() + 1)};
      place = words.erase(place);
      return guest;
    }
    if (*place != option || std::next(place) == words.end()) continue;
    Guest guest = {question, *std::next(place)};
    place = words.erase(place, std::next(place, 2));
    return guest;
  }
  ++place;
  return {};
}

// What is before --argv, and --argv with what is after.
struct Selected {
  Words words;
  Words qemu;
};

Selected split_at_argv(const Words& words) {
  const auto argv = std::ranges::find(words, "--argv");
  return {{words.begin(), argv}, {argv, words.end()}};
}

// Puts the options that stand for a guest where it stood.
void insert(Words& words, Words::iterator& place, Words declared) {
  declared = without_overridden(std::move(declared), words);
  place = words.insert(place, declared.begin(), declared.end());
  place += static_cast<std::ptrdiff_t>(declared.size());
}

}  // namespace

Result<Words> with_guest_replaced(const Words& selection) {
  auto [words, qemu] = split_at_argv(selection);
  for (auto place = words.begin(); place != words.end();) {
    const Guest guest = take_guest(words, place);
    if (guest.question.empty()) continue;
    if (!qemu.empty()) {
      return Error{ErrorCode::kUsage,
                   "a selection has one machine: name one of --argv, --xml and --domain, once"};
    }
    const auto answer = words_for(guest);
    if (!answer) return answer.error();
    Selected there = split_at_argv(*answer);
    qemu = std::move(there.qemu);
    insert(words, place, std::move(there.words));
  }
  words.insert(words.end(), qemu.begin(), qemu.end());
  return words;
}

Result<Words> with_guests_replaced(const Words& selections) {
  Words all;
  for (auto begin = selections.begin();;) {
    const auto end = std::find(begin, selections.end(), "--");
    auto replaced = with_guest_replaced({begin, end});
    if (!replaced) return replaced;
    all.insert(all.end(), replaced->begin(), replaced->end());
    if (end == selections.end()) return all;
    all.emplace_back("--");
    begin = std::next(end);
  }
}

}  // namespace qsbx
