# The host's parallel port, open already and claimed (chardev/char-parallel.c: pp_ioctl): PPSETMODE, PPRSTATUS,
# PPRCONTROL, PPWCONTROL, PPRDATA, PPWDATA, PPRELEASE at the end, PPDATADIR.
profile chardev-parallel
applies to chardev parallel
include base/process
include base/channel

[main, vcpu, iothread, monitor, rcu, migration, other]
# lint QSBX-342: the tables lack linux/ppdev.h, to which numbers 0x80 to 0x9f of type p belong; it knows one form of each
ioctl: _IOC_TYPE(cmd) == 'p' && _IOC_NR(cmd) in { 0x80, 0x81, 0x83..0x86, 0x8c, 0x90 }
