# Connections that others make to a socket of QEMU's that listens already.
profile accepted-socket

accept4: 1
{ getsockname, getpeername }: 1
recvmsg: 1
sendmsg: 1
shutdown: 1
getsockopt: level == SOL_SOCKET && optname in { SO_ERROR, SO_TYPE, SO_PEERCRED }
setsockopt: (level == SOL_SOCKET && optname in { SO_KEEPALIVE, SO_ZEROCOPY })
    || (level == IPPROTO_TCP && optname == TCP_NODELAY)
