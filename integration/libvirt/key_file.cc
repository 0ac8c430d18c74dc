// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/key_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "src/errors/text.h"

namespace qsbx {
namespace {

constexpr size_t kLargestFile = 65536;

Error wrong(const std::string& name, const std::string& why) {
  return Error{ErrorCode::kUsage, name + ": " + printable(why)};
}

}  // namespace

std::set<std::string> words_of_list(const std::string& text) {
  constexpr const char* kSeparators = ";, \t\n";
  std::set<std::string> words;
  for (size_t begin = 0; (begin = text.find_first_not_of(kSeparators, begin)) != text.npos;) {
    const size_t end = std::min(text.find_first_of(kSeparators, begin), text.size());
    words.insert(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

Result<KeyFile> KeyFile::read(const std::string& path) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::string text(kLargestFile + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (stream.fail() && !stream.eof())) {
    const int error = errno != 0 ? errno : EIO;
    return Error{ErrorCode::kUsage, "cannot read " + path + ": " + std::strerror(error), error};
  }
  text.resize(static_cast<size_t>(stream.gcount()));
  if (text.size() > kLargestFile) return wrong(path, "is larger than 64 KiB");
  return parse(text, path);
}

Result<std::optional<KeyFile>> KeyFile::read_if_there(const std::string& path) {
  Result<KeyFile> file = read(path);
  if (file) return std::optional<KeyFile>(std::move(file).value());
  const int error = file.error().saved_errno;
  if (error == ENOENT || error == ENOTDIR) return std::optional<KeyFile>();
  return file.error();
}

Result<KeyFile> KeyFile::parse(const std::string& text, const std::string& name) {
  KeyFile parsed;
  parsed.name_ = name;
  parsed.file_.reset(g_key_file_new());
  g_autoptr(GError) error = nullptr;
  if (!text.empty() && !g_key_file_load_from_data(parsed.file_.get(), text.data(), text.size(),
                                                  G_KEY_FILE_NONE, &error)) {
    return wrong(name, error->message);
  }
  return parsed;
}

std::optional<std::string> KeyFile::take(const std::string& group, const std::string& key) {
  taken_.insert(group + "/" + key);
  g_autofree char* value =
      g_key_file_get_value(file_.get(), group.c_str(), key.c_str(), /*error=*/nullptr);
  if (value == nullptr) return std::nullopt;
  return std::string(g_strchomp(value));
}

std::optional<std::set<std::string>> KeyFile::take_list(const std::string& group,
                                                        const std::string& key) {
  const auto text = take(group, key);
  if (!text) return std::nullopt;
  return words_of_list(*text);
}

Status KeyFile::check_all_taken() const {
  g_auto(GStrv) groups = g_key_file_get_groups(file_.get(), nullptr);
  for (char** group = groups; *group != nullptr; ++group) {
    g_auto(GStrv) keys = g_key_file_get_keys(file_.get(), *group, nullptr, nullptr);
    for (char** key = keys; key != nullptr && *key != nullptr; ++key) {
      if (taken_.contains(std::string(*group) + "/" + *key)) continue;
      return wrong(name_, std::string("[") + *group + "] " + *key +
                              " is not known; correct it or take it out");
    }
  }
  return Done{};
}

}  // namespace qsbx
