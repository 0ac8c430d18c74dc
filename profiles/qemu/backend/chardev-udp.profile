# Datagrams over a socket that is connected already (chardev/char-udp.c).
profile chardev-udp
applies to chardev udp
include base/process
include base/channel

[main, vcpu, iothread, monitor, rcu, migration, other]
{ recvmsg, sendmsg }: 1
