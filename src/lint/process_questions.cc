// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/finding_ids.h"
#include "src/lint/questions.h"

namespace qsbx {

const Questions& process_questions() {
  static const Questions kQuestions = {
      {finding::kProgram, "{ execve, execveat }: 1",
       "another program can be run in place of this one",
       "take it out: QEMU starts programs before the lockdown"},
      {finding::kHiddenCloneFlags, "clone3: 1",
       "its flags are in memory, where no filter sees them: whatever condition clone has is void",
       "write clone3: 0 else ENOSYS; the C library then uses clone"},
      {finding::kNamespace,
       "clone: clone_flags & CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | "
       "CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET",
       "a process in namespaces of its own, where it has capabilities and the kernel's rarely used "
       "parts",
       "grant exactly the flags of a thread, as base/process does"},
      {finding::kNamespace, "{ unshare, setns }: 1",
       "namespaces of its own, where it has capabilities and the kernel's rarely used parts",
       "take it out"},
      {finding::kProcess, "clone: !(clone_flags & CLONE_THREAD)",
       "a process, which outlives this one", "add clone_flags & CLONE_THREAD"},
      {finding::kProcess, "{ fork, vfork }: 1", "a process, which outlives this one",
       "take it out: threads are made by clone"},
  };
  return kQuestions;
}

}  // namespace qsbx
