// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace qsbx {
namespace {

// More than any description, and than a log that virtlogd keeps (2 MB).
constexpr size_t kLongest = 64 << 20;

Error cannot_read(const std::string& file, int error) {
  return Error{ErrorCode::kUsage, "cannot read " + file + ": " + std::strerror(error), error};
}

class OpenFile {
 public:
  OpenFile(const std::string& file, int flags)
      : descriptor_(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | flags)) {}
  ~OpenFile() {
    if (is_open()) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  bool is_regular() const {
    struct stat status = {};
    return fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  }
  ssize_t read_some(char* room, size_t size) const { return read(descriptor_, room, size); }

 private:
  int descriptor_;
};

Result<std::string> text_in(const OpenFile& opened, const std::string& file) {
  std::string text;
  char chunk[65536];
  for (;;) {
    const ssize_t got = opened.read_some(chunk, sizeof chunk);
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(file, errno);
    text.append(chunk, static_cast<size_t>(got));
    if (text.size() > kLongest) {
      return Error{ErrorCode::kUsage, "cannot read " + file + ": it is longer than 64 MB"};
    }
  }
}

}  // namespace

Result<std::string> read_text_file(const std::string& file) {
  const OpenFile opened(file, 0);
  if (!opened.is_open()) return cannot_read(file, errno);
  return text_in(opened, file);
}

Result<std::string> read_kept_file(const std::string& file) {
  const OpenFile opened(file, O_NONBLOCK);
  if (!opened.is_open()) return cannot_read(file, errno);
  if (opened.is_regular()) return text_in(opened, file);
  return Error{ErrorCode::kUsage, "cannot read " + file + ": it is no regular file"};
}

}  // namespace qsbx
