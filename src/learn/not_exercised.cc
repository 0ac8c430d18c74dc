// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/not_exercised.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "src/machine/selection.h"
#include "src/profile/call_words.h"

namespace qsbx {
namespace {

constexpr char kFile[] = "not-exercised";

struct Line {
  std::string profile;
  std::string call;
  std::string reason;
};

std::optional<Line> split(const std::string& text) {
  const size_t space = text.find(' ');
  const size_t colon = text.find(':');
  if (space == std::string::npos || colon == std::string::npos || space > colon)
    return std::nullopt;
  return Line{text.substr(0, space), text.substr(space + 1, colon - space - 1),
              text.substr(std::min(text.find_first_not_of(' ', colon + 1), text.size()))};
}

// Why the profile's rules for the call need no answer; empty when one does.
std::string why_not_counted(const Profile& profile, int number) {
  if (profile.phase == Phase::kBoot) return "rules of phase boot are not counted";
  if (!feature_of(profile).empty()) return "a feature's rules are not counted";
  std::string reason = "there is no such rule";
  for (const Rule& rule : profile.rules) {
    if (std::ranges::find(rule.numbers, number) == rule.numbers.end()) continue;
    if (rule.feature.empty() && !rule.condition.is_never()) return "";
    reason = rule.feature.empty() ? "a rule that grants nothing is not counted"
                                  : "a feature's rules are not counted";
  }
  return reason;
}

class LineReader {
 public:
  LineReader(const std::string& file, const ProfileSet& set) : file_(file), set_(set) {}

  // nullopt for a line that says nothing here.
  Result<std::optional<NotExercised>> read(const std::string& text, int number) const {
    if (text.empty() || text.starts_with('#')) return std::optional<NotExercised>();
    const std::optional<Line> line = split(text);
    if (!line) return wrong(number, "a line is PROFILE CALL: REASON");
    const Profile* profile = set_.find(line->profile);
    if (profile == nullptr) return wrong(number, "there is no profile " + line->profile);
    return read(*line, *profile, number);
  }

  Status check_once(const NotExercised& one, const std::vector<NotExercised>& others) const {
    for (const NotExercised& other : others) {
      if (other.profile != one.profile || other.number != one.number) continue;
      return wrong(one.line, "line " + std::to_string(other.line) + " answers for the same rules");
    }
    return Done{};
  }

 private:
  Result<std::optional<NotExercised>> read(const Line& line, const Profile& profile,
                                           int number) const {
    const Result<int> call = read_call_number(line.call, set_.architecture());
    if (!call && syscall_name_exists(line.call)) return std::optional<NotExercised>();
    if (!call) return wrong(number, call.error().message);
    if (line.reason.empty()) return wrong(number, "the reason is missing");
    const std::string why_not = why_not_counted(profile, *call);
    if (!why_not.empty()) return wrong(number, line.profile + " " + line.call + ": " + why_not);
    return std::optional(NotExercised{&profile, *call, line.reason, number});
  }

  Error wrong(int line, const std::string& what) const {
    return {ErrorCode::kUsage, file_ + ":" + std::to_string(line) + ": " + what};
  }

  const std::string& file_;
  const ProfileSet& set_;
};

}  // namespace

Result<std::vector<NotExercised>> parse_not_exercised(std::string_view text,
                                                      const std::string& file,
                                                      const ProfileSet& set) {
  const LineReader reader(file, set);
  std::vector<NotExercised> all;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    auto one = reader.read(line, ++number);
    if (!one) return one.error();
    if (!*one) continue;
    if (Status once = reader.check_once(**one, all); !once) return once.error();
    all.push_back(**one);
  }
  return all;
}

Result<std::vector<NotExercised>> read_not_exercised(const ProfileSet& set) {
  const std::filesystem::path file = std::filesystem::path(set.directory()) / kFile;
  std::ifstream stream(file);
  if (!stream && errno == ENOENT) return std::vector<NotExercised>();
  std::ostringstream text;
  if (!stream || (stream.peek() != EOF && !(text << stream.rdbuf())) || stream.bad()) {
    return Error{ErrorCode::kUsage, "cannot read " + file.string() + ": " + std::strerror(errno),
                 errno};
  }
  return parse_not_exercised(text.str(), file, set);
}

}  // namespace qsbx
