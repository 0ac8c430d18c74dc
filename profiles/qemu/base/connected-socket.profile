# Connections that QEMU makes itself, to a stream socket of the host or of the internet. A filter sees no address. Those of
# the internet are told as numbers: to look a name up takes files, and what /etc/nsswitch.conf names.
profile connected-socket
include base/spoken-socket
include base/lookup

[main, vcpu, iothread, monitor, rcu, migration, other]
# util/qemu-sockets.c: inet_connect_addr, unix_connect_saddr.
socket: family in { AF_UNIX, AF_INET, AF_INET6 } && (type & SOCK_TYPE_MASK) == SOCK_STREAM && protocol in { 0, IPPROTO_TCP }
# lint QSBX-383: the server that a command names may have a Unix socket (unix_connect_saddr)
connect: addrlen in { 16, 28, 110 }
setsockopt: level == SOL_SOCKET && optname == SO_REUSEADDR    # QEMU 7.2 aborts when that fails (util/oslib-posix.c)
