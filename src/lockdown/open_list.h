// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which files a broker opens for somebody else:
//
//   OpenList list;
//   list.add("/srv/images/disk.qcow2:rw");  // this file, which may not be there yet
//   list.add("/srv/isos/");                 // every file below the folder, for reading
//   Opened opened = list.open({"/srv/isos/debian.iso", O_RDONLY});
//
// Folders, and symbolic links to them, are looked up once, in add(). Later opens begin at a
// descriptor of the folder and follow no link, so that what somebody puts below it leads nowhere
// else.
#ifndef QSBX_LOCKDOWN_OPEN_LIST_H_
#define QSBX_LOCKDOWN_OPEN_LIST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

struct OpenRequest {
  std::string path;
  uint64_t flags = 0;  // of open(2)
  uint64_t mode = 0;
};

struct Opened {
  int descriptor = -1;  // the caller's to close; -1 where there is none, and `error` says why
  int error = 0;
  std::string refused = {};  // why the list refuses it; empty where the list grants it
};

class OpenList {
 public:
  // What the list refuses fails with this, as an open does that a profile refuses: QEMU tries the
  // same for reading then, or goes on with the descriptor it has.
  static constexpr int kRefusal = 13;  // EACCES

  OpenList() = default;
  ~OpenList();
  OpenList(OpenList&& other) noexcept;
  OpenList& operator=(OpenList&&) = delete;

  // PATH, PATH:ro or PATH:rw; with a slash at its end, every file below it.
  Status add(std::string_view text);
  bool empty() const { return entries_.empty(); }

  // Never waits, and opens nothing but files and devices. The descriptor is close-on-exec.
  Opened open(const OpenRequest& request) const;

  // What must stay open for open() to work.
  std::vector<int> descriptors() const;

 private:
  struct Entry {
    std::string written;  // absolute and without a slash at its end, as people write it
    std::string real;     // the same without symbolic links
    std::string name;     // in `folder`; empty: all that is below it
    int folder;
    bool may_write;

    bool is_file() const { return !name.empty(); }
    // What to open in `folder` for that path; nullopt when this is about other paths.
    std::optional<std::string> name_of(const std::string& path) const;
    bool is_nearer_than(const Entry& other) const;
  };

  Status add_folder(const std::string& path, bool may_write);
  Status add_file(const std::string& path, bool may_write);
  Status add_entry(Entry entry, const std::string& folder);

  std::vector<Entry> entries_;
};

}  // namespace qsbx

#endif
