// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/finding_ids.h"
#include "src/lint/questions.h"

namespace qsbx {

// Whoever can write code and run it needs no system call to begin with, so all ways to such memory
// are one matter.
const Questions& memory_questions() {
  static const Questions kQuestions = {
      {finding::kWritableAndExecutable,
       "{ mmap, mprotect, pkey_mprotect }: (prot & (PROT_WRITE | PROT_EXEC)) == (PROT_WRITE | "
       "PROT_EXEC)",
       "memory that is writable and executable at once", "add (prot & PROT_EXEC) == 0"},
      {finding::kWritableAndExecutable,
       "shmat: (shmflg & SHM_EXEC) == SHM_EXEC && (shmflg & SHM_RDONLY) == 0",
       "memory that is writable and executable at once", "add (shmflg & SHM_EXEC) == 0"},
      {finding::kMadeExecutable, "{ mprotect, pkey_mprotect }: prot & PROT_EXEC",
       "memory that was writable can be made executable", "add (prot & PROT_EXEC) == 0"},
      {finding::kMadeExecutable, "mmap: prot & PROT_EXEC",
       "a file or memory that can be written to elsewhere can be mapped executable",
       "add (prot & PROT_EXEC) == 0"},
      {finding::kMadeExecutable, "shmat: shmflg & SHM_EXEC",
       "memory that can be written to where else it is mapped can be mapped executable",
       "add (shmflg & SHM_EXEC) == 0"},
      {finding::kMadeExecutable,
       "personality: (personality & READ_IMPLIES_EXEC) != 0 && personality != 0xffffffff",
       "whatever is mapped readable from then on is executable, whatever mmap is granted for",
       "grant personality == 0xffffffff, which only asks, or nothing"},
  };
  return kQuestions;
}

}  // namespace qsbx
