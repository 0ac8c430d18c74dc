// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/option_values.h"

#include <nlohmann/json.hpp>

namespace qsbx {
namespace {

using Entries = std::multimap<std::string, std::string>;

// Takes the text up to the next single comma off `rest`, with ",," read as a comma.
std::string take_word(std::string_view& rest) {
  std::string word;
  while (!rest.empty()) {
    const bool comma = rest.front() == ',';
    const bool doubled = rest.starts_with(",,");
    if (!comma || doubled) word += rest.front();
    rest.remove_prefix(doubled ? 2 : 1);
    if (comma && !doubled) break;
  }
  return word;
}

void add_flag(Entries& values, const std::string& word) {
  if (word.starts_with("no") && word.size() > 2) {
    values.emplace(word.substr(2), "off");
  } else {
    values.emplace(word, "on");
  }
}

Entries parse_words(std::string_view text, const std::string& implied_key) {
  Entries values;
  bool first = true;
  while (!text.empty()) {
    const std::string word = take_word(text);
    const size_t equals = word.find('=');
    if (equals != std::string::npos) {
      values.emplace(word.substr(0, equals), word.substr(equals + 1));
    } else if (first && !implied_key.empty()) {
      values.emplace(implied_key, word);
    } else if (!word.empty()) {
      add_flag(values, word);
    }
    first = false;
  }
  return values;
}

std::string scalar_text(const nlohmann::json& json) {
  if (json.is_boolean()) return json.get<bool>() ? "on" : "off";
  if (json.is_string()) return json.get<std::string>();
  return json.dump();
}

void flatten(const nlohmann::json& json, const std::string& key, Entries& values) {
  if (!json.is_structured()) {
    values.emplace(key, scalar_text(json));
    return;
  }
  for (const auto& [name, member] : json.items()) {
    flatten(member, key.empty() ? name : key + "." + name, values);
  }
}

// QEMU's JSON has strings in single quotes too, and \' in both kinds. As JSON for everybody else.
std::string with_double_quotes(std::string_view text) {
  std::string json;
  char quote = 0;  // of the string that we are in
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0 && c == '\\' && i + 1 < text.size()) {
      ++i;
      if (text[i] != '\'') json += c;
      json += text[i];
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      json += '"';
    } else if (quote != 0 && c == quote) {
      quote = 0;
      json += '"';
    } else {
      if (quote == '\'' && c == '"') json += '\\';
      json += c;
    }
  }
  return json;
}

}  // namespace

Result<OptionValues> OptionValues::parse(std::string_view text, const std::string& implied_key) {
  OptionValues result;
  if (!text.starts_with("{")) {
    result.values_ = parse_words(text, implied_key);
    return result;
  }
  const nlohmann::json json =
      nlohmann::json::parse(with_double_quotes(text), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return Error{ErrorCode::kUsage, "'" + std::string(text) + "' begins like JSON but is not JSON"};
  }
  flatten(json, "", result.values_);
  return result;
}

std::string OptionValues::get(const std::string& key) const {
  const auto [first, end] = values_.equal_range(key);
  return first == end ? "" : std::prev(end)->second;
}

OptionValues OptionValues::below(const std::string& prefix) const {
  OptionValues inner;
  for (const auto& [key, value] : values_) {
    if (key.starts_with(prefix)) inner.values_.emplace(key.substr(prefix.size()), value);
  }
  return inner;
}

bool OptionValues::is_on(const std::string& key) const {
  const std::string value = get(key);
  return value == "on" || value == "yes" || value == "true" || value == "y";
}

}  // namespace qsbx
