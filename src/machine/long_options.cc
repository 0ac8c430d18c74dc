// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/long_options.h"

namespace qsbx {
namespace {

class Splitter {
 public:
  Splitter(const std::vector<std::string>& arguments, const std::vector<LongOption>& known)
      : arguments_(arguments), known_(known) {}

  Result<std::vector<CommandOption>> split() {
    for (next_ = 1; next_ < arguments_.size();) {
      if (auto taken = take(arguments_[next_++]); !taken) return taken.error();
    }
    return options_;
  }

 private:
  Status take(const std::string& word) {
    if (only_operands_ || word.size() < 2 || word.front() != '-') {
      options_.push_back({"", word});
      return Done{};
    }
    if (word == "--") {
      only_operands_ = true;
      return Done{};
    }
    return word[1] == '-' ? take_long(word) : take_letters(word);
  }

  Status take_long(const std::string& word) {
    const size_t equals = std::min(word.find('='), word.size());
    const LongOption* option = find(std::string_view(word).substr(2, equals - 2));
    if (option == nullptr) return not_known(word.substr(0, equals));
    if (equals == word.size()) return add(*option, word);
    if (!option->takes_value) {
      return Error{ErrorCode::kUsage, arguments_[0] + "'s option --" + std::string(option->name) +
                                          " takes no value: " + word};
    }
    options_.push_back({std::string(option->name), word.substr(equals + 1)});
    return Done{};
  }

  Status take_letters(const std::string& word) {
    for (size_t i = 1; i < word.size(); ++i) {
      const LongOption* option = find(word[i]);
      if (option == nullptr) return not_known(std::string("-") + word[i]);
      if (option->takes_value && i + 1 < word.size()) {
        options_.push_back({std::string(option->name), word.substr(i + 1)});
        return Done{};
      }
      if (auto added = add(*option, std::string("-") + word[i]); !added) return added;
    }
    return Done{};
  }

  // The value is the next word.
  Status add(const LongOption& option, const std::string& word) {
    if (option.takes_value && next_ == arguments_.size()) {
      return Error{ErrorCode::kUsage,
                   arguments_[0] + "'s option " + word + " needs a value after it"};
    }
    const std::string value = option.takes_value ? arguments_[next_++] : "";
    options_.push_back({std::string(option.name), value});
    return Done{};
  }

  // nullptr where none has the name, or several begin so.
  const LongOption* find(std::string_view name) const {
    const LongOption* found = nullptr;
    int beginnings = 0;
    for (const LongOption& option : known_) {
      if (option.name == name) return &option;
      if (!option.name.starts_with(name)) continue;
      found = &option;
      ++beginnings;
    }
    return beginnings == 1 ? found : nullptr;
  }

  const LongOption* find(char letter) const {
    for (const LongOption& option : known_) {
      if (option.letter == letter) return &option;
    }
    return nullptr;
  }

  Error not_known(const std::string& option) const {
    return Error{ErrorCode::kUsage,
                 arguments_[0] + "'s option " + option + " is not known, nor what it would add"};
  }

  const std::vector<std::string>& arguments_;
  const std::vector<LongOption>& known_;
  std::vector<CommandOption> options_;
  size_t next_ = 1;
  bool only_operands_ = false;
};

}  // namespace

Result<std::vector<CommandOption>> split_long_options(const std::vector<std::string>& arguments,
                                                      const std::vector<LongOption>& known) {
  return Splitter(arguments, known).split();
}

}  // namespace qsbx
