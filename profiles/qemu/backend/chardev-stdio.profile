# stdin and stdout; the terminal gets its modes back at the end.
profile chardev-stdio
applies to chardev stdio
include base/process
include base/channel

# Who ends QEMU gives it back: a processor, too (term_exit).
[main, vcpu, iothread, monitor, rcu, migration, other]
ioctl: cmd in { TCSETS, TCSETS2, TCGETS2 }
