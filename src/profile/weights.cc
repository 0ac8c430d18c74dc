// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/weights.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>

#include "src/profile/call_words.h"
#include "src/profile/diagnostic_ids.h"
#include "src/profile/folder_reader.h"
#include "src/profile/lexer.h"
#include "src/profile/reporter.h"
#include "src/profile/value_reader.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

// Small enough that no sum of counts overflows.
constexpr uint64_t kGreatestCount = 1'000'000'000'000;
constexpr std::string_view kBlanks = " \t\r";

struct Word {
  std::string_view text;
  Position where;
};

std::vector<Word> words_of(std::string_view line, int line_number) {
  line = line.substr(0, line.find('#'));
  std::vector<Word> words;
  for (size_t start = line.find_first_not_of(kBlanks); start < line.size();) {
    const size_t end = std::min(line.find_first_of(kBlanks, start), line.size());
    words.push_back({line.substr(start, end - start), {line_number, static_cast<int>(start) + 1}});
    start = line.find_first_not_of(kBlanks, end);
  }
  return words;
}

struct ByNumberAndArguments {
  bool operator()(const Call& a, const Call& b) const {
    return std::tie(a.number, a.arguments) < std::tie(b.number, b.arguments);
  }
};
using Counts = std::map<Call, uint64_t, ByNumberAndArguments>;

class WeightsParser {
 public:
  WeightsParser(const std::string& file, Architecture architecture, const ParseLimits& limits)
      : reporter_(file, limits.diagnostics), architecture_(architecture), limits_(limits) {}

  void parse(std::string_view text) {
    int line_number = 0;
    while (!text.empty() && !reporter_.full()) {
      const size_t end = std::min(text.find('\n'), text.size());
      parse_line(words_of(text.substr(0, end), ++line_number));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  const Counts& counts() const { return counts_; }
  std::vector<Diagnostic> take_errors() { return reporter_.take_errors(); }

 private:
  void parse_line(const std::vector<Word>& words) {
    if (words.empty()) return;
    if (++lines_ > limits_.rules) {
      reporter_.error(diagnostic::kTooManyRules, words[0].where,
                      "more than " + std::to_string(limits_.rules) + " weights in one file",
                      "leave out the rarest");
      return;
    }
    const std::optional<uint64_t> count = read_count(words[0]);
    if (!count) return;
    if (words.size() == 1) {
      reporter_.error(diagnostic::kUnexpected, end_of(words[0]),
                      "expected the name of a system call, found the end of the line");
      return;
    }
    if (const std::optional<Call> call = read_call(words)) counts_[*call] += *count;
  }

  static Position end_of(const Word& word) {
    return {word.where.line, word.where.column + static_cast<int>(word.text.size())};
  }

  std::optional<uint64_t> read_count(const Word& word) {
    const std::optional<uint64_t> count = number_from(word.text);
    if (count && *count >= 1 && *count <= kGreatestCount) return count;
    reporter_.error(diagnostic::kBadCount, word.where, quoted(word.text) + " is no number of calls",
                    "begin the line with a number from 1 to " + std::to_string(kGreatestCount));
    return std::nullopt;
  }

  // nullopt also for what only the other architecture has.
  std::optional<Call> read_call(const std::vector<Word>& words) {
    const Word& name = words[1];
    if (!syscall_name_exists(name.text)) {
      reporter_.error(diagnostic::kUnknownCall, name.where,
                      "there is no system call " + quoted(name.text),
                      did_you_mean(nearest_syscall_name(name.text)));
      return std::nullopt;
    }
    const Syscall* description = find_syscall(architecture_, name.text);
    if (description == nullptr) {
      check_elsewhere(words);
      return std::nullopt;
    }
    return read_arguments(words, *description);
  }

  // A text is right or wrong on every architecture.
  void check_elsewhere(const std::vector<Word>& words) {
    const Architecture other = other_architecture(architecture_);
    check_count(words, *find_syscall(other, words[1].text));
  }

  bool check_count(const std::vector<Word>& words, const Syscall& description) {
    const size_t most = description.arguments.size();
    if (words.size() - 2 <= most) return true;
    reporter_.error(diagnostic::kTooManyArguments, words[2 + most].where,
                    std::string(description.name) + " has " + std::to_string(most) +
                        (most == 1 ? " argument" : " arguments") + ", and here is one more");
    return false;
  }

  std::optional<Call> read_arguments(const std::vector<Word>& words, const Syscall& description) {
    if (!check_count(words, description)) return std::nullopt;
    Call call = {audit_architecture(architecture_), description.number, {}};
    bool exists = true;
    for (size_t i = 0; i + 2 < words.size(); ++i) {
      const auto value = read_argument(words[i + 2], i, description);
      exists = exists && value;
      call.arguments[i] = value.value_or(0);
    }
    return exists ? std::optional(call) : std::nullopt;
  }

  std::optional<uint64_t> read_argument(const Word& word, size_t index,
                                        const Syscall& description) {
    const Result<uint64_t> value =
        read_call_argument(&description, index, word.text, architecture_);
    if (value.ok()) return *value;
    if (!exists_elsewhere(word, index, description)) {
      reporter_.error(diagnostic::kBadWeightArgument, word.where, value.error().message);
    }
    return std::nullopt;
  }

  bool exists_elsewhere(const Word& word, size_t index, const Syscall& description) const {
    const Architecture other = other_architecture(architecture_);
    const Syscall* there = find_syscall(other, description.name);
    return there != nullptr && index < there->arguments.size() &&
           read_call_argument(there, index, word.text, other).ok();
  }

  Reporter reporter_;
  Architecture architecture_;
  const ParseLimits& limits_;
  int lines_ = 0;
  Counts counts_;
};

void add(Counts& counts, const std::vector<WeightedCall>& more) {
  for (const WeightedCall& weighted : more) counts[weighted.call] += weighted.count;
}

std::vector<WeightedCall> as_list(const Counts& counts) {
  std::vector<WeightedCall> list;
  for (const auto& [call, count] : counts) list.push_back({call, count});
  return list;
}

Error wrong_weights(std::vector<Diagnostic> diagnostics, const std::string& where) {
  const size_t count = diagnostics.size();
  return {ErrorCode::kProfile,
          (count == 1 ? "1 error in " : std::to_string(count) + " errors in ") + where, 0,
          std::move(diagnostics)};
}

}  // namespace

Result<std::vector<WeightedCall>> parse_weights(std::string_view text, const std::string& file,
                                                Architecture architecture,
                                                const ParseLimits& limits) {
  if (text.size() > limits.file_bytes) {
    return wrong_weights({{diagnostic::kFileTooLarge,
                           {file, 0, 0},
                           "the file has more than " + std::to_string(limits.file_bytes) + " bytes",
                           "leave out the rarest calls"}},
                         file);
  }
  WeightsParser parser(file, architecture, limits);
  parser.parse(text);
  std::vector<Diagnostic> errors = parser.take_errors();
  if (!errors.empty()) return wrong_weights(std::move(errors), file);
  return as_list(parser.counts());
}

Result<std::vector<WeightedCall>> weights_of(const std::string& profile_folder,
                                             Architecture architecture, const ParseLimits& limits) {
  const std::string folder = profile_folder + "/weights";
  struct stat status;
  if (stat(folder.c_str(), &status) != 0 && errno == ENOENT) return std::vector<WeightedCall>();
  const auto texts = read_folder(folder, ".weights", limits, {});
  if (!texts.ok()) return texts.error();
  Counts counts;
  std::vector<Diagnostic> errors;
  for (const auto& [file, text] : *texts) {
    Result<std::vector<WeightedCall>> one =
        parse_weights(text, "weights/" + file, architecture, limits);
    if (one.ok()) {
      add(counts, *one);
    } else {
      std::vector<Diagnostic> more = std::move(one).error().diagnostics;
      std::move(more.begin(), more.end(), std::back_inserter(errors));
    }
  }
  if (!errors.empty()) return wrong_weights(std::move(errors), "the weights of " + profile_folder);
  return as_list(counts);
}

}  // namespace qsbx
