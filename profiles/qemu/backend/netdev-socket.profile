# Packets over a socket to another process: -netdev socket (net/socket.c), stream (net/stream.c), dgram (net/dgram.c).
# Sockets are made, bound and told of multicast groups at the start; a listening one accepts a peer later.
profile netdev-socket
applies to netdev socket, stream, dgram
include base/process
include base/channel
include base/spoken-socket

[main, vcpu, iothread, monitor, rcu, migration, other]
{ sendto, recvfrom }: 1                       # net_socket_receive_dgram, net_dgram_receive; send() and recv()
getsockopt: level == SOL_SOCKET && optname == SO_TYPE                    # net_socket_fd_init asks which kind it is
# stream connects and listens on a thread of its own, and again where it has reconnect=. What is late must not end the
# guest.
{ socket, connect, bind }: 0 else report EACCES
listen: 0 else report EPERM
# The resolver asks on its way to the address of a host that is given by name.
{ uname, getppid, getuid, geteuid, getgid, getegid }: 0 else EPERM

# A stream that has ended is connected again.
[feature reconnect, main, vcpu, iothread, monitor, rcu, migration, other]
socket: family in { AF_UNIX, AF_INET, AF_INET6 } && (type & SOCK_TYPE_MASK) == SOCK_STREAM && protocol in { 0, IPPROTO_TCP }
# lint QSBX-383: reconnect is asked for by name; the peer may have a Unix socket, whose name has any length
connect: 1
setsockopt: level == SOL_SOCKET && optname == SO_REUSEADDR     # QEMU 8 and 9 abort when that fails
