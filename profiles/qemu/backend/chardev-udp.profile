# Datagrams over a socket that is connected already (chardev/char-udp.c).
profile chardev-udp
applies to chardev udp
include base/process

{ recvmsg, sendmsg }: 1
