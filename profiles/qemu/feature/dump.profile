# dump-guest-memory to file:PATH. To fd:NAME it needs nothing of this, nor to file:/dev/fdset/N. A filter sees no names:
# whoever takes QEMU over can empty and write every file that its user may write, and make new ones.
profile dump
applies to feature dump
include base/process

[main, vcpu, iothread, monitor, rcu, migration, other]
# dump/dump.c: qmp_dump_guest_memory.
# lint QSBX-322: the command names the file; fd:NAME does without this feature
openat: dfd == AT_FDCWD && flags == (O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC) && mode == 0400
