# migrate with the capability background-snapshot: the guest runs on while its memory is written, each page before the
# guest may change it (migration/ram.c: ram_write_tracking_start, util/userfaultfd.c). Where the stream goes is for another
# feature to grant, or for fd:, which needs none. Who can hold up the kernel's own reads and writes of memory, as
# userfaultfd can, has won many a race in the kernel.
profile background-snapshot
applies to feature background-snapshot
include base/process

[main, vcpu, iothread, monitor, rcu, migration, other]
# util/userfaultfd.c asks what the kernel can, then makes the descriptor. QEMU looks for /dev/userfaultfd before and goes
# on to the call when it cannot open it.
# lint QSBX-372: the feature is what asks for it: the guest's writes are held up until the page has been sent
userfaultfd: flags in { O_CLOEXEC, O_CLOEXEC | O_NONBLOCK }
ioctl: cmd in { UFFDIO_API, UFFDIO_REGISTER, UFFDIO_UNREGISTER, UFFDIO_WRITEPROTECT }
