# The host's keyboard and mouse, open already; both control keys together give or take them (ui/input-linux.c:
# input_linux_toggle_grab).
profile input-linux
applies to object input-linux
include base/process
include base/channel

[main, vcpu, iothread, monitor, rcu, migration, other]
# lint QSBX-342: the tables lack linux/input.h, of which no other command has this type and number
ioctl: _IOC_TYPE(cmd) == 'E' && _IOC_NR(cmd) == 0x90               # EVIOCGRAB
