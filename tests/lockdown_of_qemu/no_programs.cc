// SPDX-License-Identifier: LGPL-2.1-or-later
//
//   no_programs QEMU ARG...
//
// Runs a QEMU, or a launcher of one, that can put no program in force: a filter lets seccomp(2) and
// its older form fail with EPERM.
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/lockdown_of_qemu/run_filtered.h"

namespace {

sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 4, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 2),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, qsbx::testing::low_half(0)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
};

}  // namespace

int main(int, char* arguments[]) { return qsbx::testing::run_filtered(filter, arguments); }
