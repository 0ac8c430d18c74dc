# An NBD server for the guest's disks (nbd-server-start, block-export-add) on a socket that the manager has bound and hands
# over by getfd. QEMU can make no socket.
profile backup-server-fd
applies to feature backup-server-fd
include base/process
include base/spoken-socket
include base/file

[main, vcpu, iothread, monitor, rcu, migration, other]
listen: 1                                     # util/qemu-sockets.c: socket_listen
setsockopt: level == IPPROTO_TCP && optname == TCP_CORK   # around each answer (nbd/server.c: nbd_trip)
