# Packets of two guests that are compared (net/colo-compare.c), in an event loop with chardevs of its own: there its clients come,
# too, where a chardev listens.
profile colo-compare
applies to object colo-compare
include base/process
include base/channel

# A client is let in and told from others, as in base/accepted-socket, there by the main loop.
[iothread]
accept4: 1
{ getsockname, getpeername }: 1
setsockopt: (level == SOL_SOCKET && optname in { SO_KEEPALIVE, SO_ZEROCOPY })
    || (level == IPPROTO_TCP && optname == TCP_NODELAY)
