# Persistent reservations of scsi-block and scsi-generic, done by qemu-pr-helper (scsi/pr-manager-helper.c): the disk's
# descriptor goes there over a socket that was connected at the start.
profile pr-manager-helper
applies to object pr-manager-helper
include base/process

{ recvmsg, sendmsg, shutdown }: 1
# A helper that has gone is looked for again (pr_manager_helper_initialize). Without reconnect the command fails.
socket: 0 else report EACCES

[feature reconnect]
socket: family == AF_UNIX && (type & SOCK_TYPE_MASK) == SOCK_STREAM
connect: 1
setsockopt: level == IPPROTO_TCP && optname == TCP_NODELAY           # qio_channel_set_delay asks any socket
