# An NBD server, at a Unix or internet socket that listens already (blockdev-nbd.c, nbd/server.c, qemu-nbd.c). TLS keeps what it
# needs in memory.
profile export-nbd
applies to export nbd
include base/process
include base/accepted-socket

[main, iothread, monitor, worker]
setsockopt: level == IPPROTO_TCP && optname == TCP_CORK    # around each answer, on Unix sockets, too (nbd/server.c: nbd_trip)

# Once it is let in, a client is talked with where the export is, which may be an iothread (nbd/server.c: blk_aio_attached).
[main, iothread]
{ recvmsg, sendmsg }: 1
