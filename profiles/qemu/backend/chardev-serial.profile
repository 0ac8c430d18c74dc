# The host's serial port, open already; the guest sets its speed and its lines (chardev/char-serial.c: tty_serial_ioctl).
profile chardev-serial
applies to chardev serial
include base/process
include base/channel

[main, vcpu, iothread, monitor, rcu, migration, other]
ioctl: cmd in { TCSETS, TCSETS2, TCGETS2, TCSBRK, TIOCMGET, TIOCMSET }
