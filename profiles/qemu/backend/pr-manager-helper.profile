# Persistent reservations of scsi-block and scsi-generic, done by qemu-pr-helper (scsi/pr-manager-helper.c): the disk's
# descriptor goes there over a socket that was connected at the start.
profile pr-manager-helper
applies to object pr-manager-helper
include base/process
include base/channel

[main, vcpu, iothread, monitor, worker, rcu, migration, other]
# Commands, with the descriptor, and their results; the end of the connection.
{ recvmsg, sendmsg, shutdown }: 1
# A helper that has gone is looked for again (pr_manager_helper_initialize). Without reconnect the command fails.
socket: 0 else report EACCES

# A helper that has come back.
[feature reconnect, main, vcpu, iothread, monitor, worker, rcu, migration, other]
socket: family == AF_UNIX && (type & SOCK_TYPE_MASK) == SOCK_STREAM
# lint QSBX-383: reconnect is asked for by name; the helper has a Unix socket
connect: 1
setsockopt: level == IPPROTO_TCP && optname == TCP_NODELAY           # qio_channel_set_delay asks any socket
