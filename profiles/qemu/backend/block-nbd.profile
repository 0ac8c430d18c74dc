# A disk on an NBD server (block/nbd.c), connected at the start. TLS keeps what it needs in memory (io/channel-tls.c).
profile block-nbd
applies to block nbd
include base/process

[main, vcpu, iothread, monitor, rcu, migration, other]
# Requests and answers (io/channel-socket.c: qio_channel_socket_writev, _readv).
{ sendmsg, recvmsg }: 1
setsockopt: level == IPPROTO_TCP && optname == TCP_CORK    # around each request, on Unix sockets, too (nbd_co_send_request)
shutdown: 1                                   # the end of a connection (nbd_teardown_connection, nbd_yank)

# When the server has gone, a thread tries to connect again at the next request, with reconnect-delay= or without
# (nbd/client-connection.c: connect_thread_func). That must not end the guest.
socket: 0 else report EACCES
# The resolver asks on its way to the address of a host that is given by name.
{ uname, getppid, getuid, geteuid, getgid, getegid }: 0 else EPERM

# A server that comes back.
[feature reconnect, main, vcpu, iothread, monitor, rcu, migration, other]
socket: family in { AF_UNIX, AF_INET, AF_INET6 } && (type & SOCK_TYPE_MASK) == SOCK_STREAM && protocol in { 0, IPPROTO_TCP }
# lint QSBX-383: reconnect is asked for by name; the server may have a Unix socket, whose name has any length
connect: 1
{ getsockname, getpeername }: 1               # of the new connection (io/channel-socket.c: qio_channel_socket_set_fd)
setsockopt: (level == SOL_SOCKET && optname in { SO_REUSEADDR, SO_KEEPALIVE, SO_ZEROCOPY })
    || (level == IPPROTO_TCP && optname == TCP_NODELAY)
