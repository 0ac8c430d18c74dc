# screendump, as PPM or PNG. To /dev/fdset/N it needs nothing of this. A filter sees no names: whoever takes QEMU over can
# empty and write every file that its user may write, and make new ones.
profile screendump
applies to feature screendump
include base/process

[main, vcpu, iothread, monitor, rcu, migration, other]
# ui/console.c, ui/ui-qmp-cmds.c: qmp_screendump.
# lint QSBX-322: the command names the file; /dev/fdset/N does without this feature
openat: dfd == AT_FDCWD && flags == (O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC) && mode == 0666
