// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/finding_ids.h"
#include "src/lint/questions.h"

namespace qsbx {

// Names are in memory, so a filter that grants an open grants it for every file. What can be opened
// for writing includes /proc/self/mem, and with it memory that is mapped read-only and executable.
const Questions& file_questions() {
  static const Questions kQuestions = {
      {finding::kHiddenOpenFlags, "{ openat2, open_by_handle_at }: 1",
       "what it opens, and how, is in memory or behind a handle: whatever condition open and "
       "openat have is void",
       "grant openat with a condition on its flags"},
      {finding::kOpensForWriting,
       "{ open, openat }: (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT|O_TRUNC",
       "every file that the process may write can be opened and changed, /proc/self/mem too",
       "have it opened before the lockdown, or add (flags & O_ACCMODE) == O_RDONLY && !(flags & "
       "O_CREAT|O_TRUNC)"},
      {finding::kOpensForWriting, "creat: 1",
       "every file that the process may write can be emptied", "take it out"},
      {finding::kOpensForWriting,
       "{ truncate, unlink, unlinkat, rmdir, rename, renameat, renameat2, link, linkat, symlink, "
       "symlinkat, mkdir, mkdirat, mknod, mknodat, chmod, fchmodat, fchmodat2, chown, lchown, "
       "fchownat }: 1",
       "by name, whatever the process may change: files emptied, removed, renamed, made, given "
       "away",
       "take it out, or have it done before the lockdown; a condition on a descriptor does not "
       "hold "
       "absolute names"},
      {finding::kOpensByName, "{ open, openat }: 1",
       "every file that the process may read can be opened",
       "have it opened before the lockdown, and write openat: 0 else report EACCES where the "
       "attempt is harmless"},
      {finding::kRing, "{ io_uring_setup, io_uring_enter, io_uring_register }: 1",
       "a ring opens, connects, reads and writes without a system call: whatever else is denied is "
       "void",
       "grant nothing of io_uring; aio=threads and aio=native do without"},
  };
  return kQuestions;
}

}  // namespace qsbx
