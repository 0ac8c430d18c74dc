# Packets over a socket to another process: -netdev socket (net/socket.c), stream (net/stream.c), dgram (net/dgram.c).
# Sockets are made, bound and told of multicast groups at the start; a listening one accepts a peer later.
profile netdev-socket
applies to netdev socket, stream, dgram
include base/process
include base/accepted-socket

{ sendto, recvfrom }: 1                       # net_socket_receive_dgram, net_dgram_receive; send() and recv()
# stream connects and listens on a thread of its own, and again where it has reconnect=. What is late must not end the
# guest.
{ socket, connect, bind }: 0 else report EACCES
listen: 0 else report EPERM

[feature reconnect]
socket: family in { AF_UNIX, AF_INET, AF_INET6 } && (type & SOCK_TYPE_MASK) == SOCK_STREAM
connect: 1
