# Disks on an NBD server, by blockdev-add. Whoever takes QEMU over can reach other servers, too: see base/connected-socket.
profile hotplug-disk-nbd
applies to feature hotplug-disk-nbd
include feature/hotplug-disk-fd
include base/connected-socket

[main, vcpu, iothread, monitor, rcu, migration, other]
setsockopt: level == IPPROTO_TCP && optname == TCP_CORK   # around each request (block/nbd.c: nbd_co_send_request)
