# The two directions between QEMU and a vhost-user server, and the memory that the server hands over.
profile vhost-user-channel

{ recvmsg, sendmsg, shutdown }: 1
# Requests in flight, remembered in memory of the server's (vhost_user_get_inflight_fd, when a driver starts); a page of
# its doorbells (vhost_user_slave_handle_vring_host_notifier).
mmap: prot == (PROT_READ | PROT_WRITE) && flags == MAP_SHARED
# A server that has gone and comes back gets a new back channel; without reconnect the chardev does not let it in.
[feature reconnect]
socketpair: family == AF_UNIX && (type & SOCK_TYPE_MASK) == SOCK_STREAM
