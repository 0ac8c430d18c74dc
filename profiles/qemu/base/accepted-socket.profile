# Connections that others make to a socket of QEMU's that listens already, and that the main loop talks on.
profile accepted-socket

# A client is let in, told from others, talked with and let go.
[main, monitor, migration, other]
accept4: 1
{ getsockname, getpeername }: 1
recvmsg: 1
sendmsg: 1
shutdown: 1
setsockopt: (level == SOL_SOCKET && optname in { SO_KEEPALIVE, SO_ZEROCOPY })
    || (level == IPPROTO_TCP && optname == TCP_NODELAY)
