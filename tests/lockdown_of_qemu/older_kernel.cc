// SPDX-License-Identifier: LGPL-2.1-or-later
//
//   older_kernel QEMU ARG...
//
// Runs a QEMU, or a launcher of one, that finds a kernel without io_uring (5.1) and without
// MADV_POPULATE_WRITE (5.14): a filter lets these fail as an older kernel does. What is filtered is
// not recorded by a trace.
#include <linux/mman.h>
#include <sys/syscall.h>

#include "tests/lockdown_of_qemu/run_filtered.h"

namespace {

sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 4, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 2),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, qsbx::testing::low_half(2)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_POPULATE_WRITE, 2, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
};

}  // namespace

int main(int, char* arguments[]) { return qsbx::testing::run_filtered(filter, arguments); }
