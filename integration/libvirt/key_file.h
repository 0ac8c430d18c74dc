// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A file of groups, keys and values (GKeyFile), read strictly: a key that nobody asked for is an
// error, since it may be a misspelt one that was meant to forbid something.
#ifndef QSBX_INTEGRATION_LIBVIRT_KEY_FILE_H_
#define QSBX_INTEGRATION_LIBVIRT_KEY_FILE_H_

#include <glib.h>

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "src/errors/result.h"

namespace qsbx {

class KeyFile {
 public:
  // kUsage, with the errno, when the file cannot be read; kUsage when it is no such file.
  static Result<KeyFile> read(const std::string& path);
  // The same; nothing where there is no file.
  static Result<std::optional<KeyFile>> read_if_there(const std::string& path);
  static Result<KeyFile> parse(const std::string& text, const std::string& name);

  const std::string& name() const { return name_; }

  // The value; the key counts as known from then on.
  std::optional<std::string> take(const std::string& group, const std::string& key);
  // Separated by semicolons, commas or spaces.
  std::optional<std::set<std::string>> take_list(const std::string& group, const std::string& key);
  Status check_all_taken() const;

 private:
  struct Unref {
    void operator()(GKeyFile* file) const { g_key_file_unref(file); }
  };

  std::string name_;
  std::unique_ptr<GKeyFile, Unref> file_;
  std::set<std::string> taken_;  // "group/key"
};

// Words of a list as KeyFile::take_list() has them.
std::set<std::string> words_of_list(const std::string& text);

}  // namespace qsbx

#endif
