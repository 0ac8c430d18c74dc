# The two directions between QEMU and a vhost-user server, and the memory that the server hands over.
profile vhost-user-channel

[main, vcpu, iothread, monitor, rcu, migration, other]
# Messages with descriptors, both ways, and the end of them.
{ recvmsg, sendmsg, shutdown }: 1
# Requests in flight, remembered in memory of the server's (vhost_user_get_inflight_fd, when a driver starts); a page of
# its doorbells (vhost_user_slave_handle_vring_host_notifier); the memory that is made below.
mmap: prot == (PROT_READ | PROT_WRITE) && flags == MAP_SHARED
# Memory for the server to note which pages it writes to while the guest is moved (hw/virtio/vhost.c: vhost_log_alloc,
# util/memfd.c: qemu_memfd_alloc). QEMU 7.2 crashes without, so that this is no question of a feature. It is mapped never
# executable, and no program in it can be run.
memfd_create: flags == (MFD_CLOEXEC | MFD_ALLOW_SEALING)
fcntl: cmd == F_ADD_SEALS
# A server that has gone and comes back gets a new back channel (vhost_setup_slave_channel). QEMU lets it in by itself where
# the chardev listens; where it connects, that takes the feature reconnect.
socketpair: family == AF_UNIX && (type & SOCK_TYPE_MASK) == SOCK_STREAM && protocol == 0
