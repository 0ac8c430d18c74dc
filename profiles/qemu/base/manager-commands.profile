# What a manager's commands may ask for at any time: a disk, a network, a chardev, memory, a snapshot. Unless a feature
# grants it, it fails, is reported, and the command says so; the guest goes on. A manager's mistake is no outage.
# What only an attacker would do is not here: it ends the process.
profile manager-commands
# A virtio device that is added needs notifiers when its driver starts. Without, QEMU serves some devices more slowly, but
# for virtio-blk it aborts when the driver stops (hw/block/virtio-blk.c: virtio_blk_set_status).
include base/eventfd

# Files by name. QEMU takes what does not exist and what may not be read for the same (qemu_find_file, util/module.c). That
# it asks is not reported: what it would open then is.
{ access, faccessat, faccessat2 }: 0 else EACCES
{ statx, mkdir, mkdirat }: 0 else report EACCES
# Descriptors that a manager hands over, to be duplicated, locked or asked what they are: nodes of /dev/fdset (util/osdep.c:
# qemu_dup_flags), taps (net/tap-linux.c), sockets.
{ fcntl, ioctl }: 0 else report EPERM
# Sockets: chardevs, network backends, NBD servers and clients, by name or handed over.
{ socket, connect, bind }: 0 else report EACCES
{ listen, accept, accept4, socketpair, getsockname, getpeername, getsockopt, setsockopt }: 0 else report EPERM
{ sendto, recvfrom, sendmsg, recvmsg, shutdown }: 0 else report EPERM
# Event loops, timers, pipes. A new IOThread's loop stays with ppoll (util/fdmon-epoll.c: fdmon_epoll_setup).
{ epoll_create1, timerfd_create, signalfd4, inotify_init1, pipe2 }: 0 else report EPERM
# Linux AIO of a disk that is added. A loop that gets no ring stays with ppoll (util/fdmon-io_uring.c), and so is not
# reported; -blockdev aio=io_uring says that it failed.
io_setup: 0 else report EPERM
{ io_submit, io_destroy }: 0 else EPERM       # without a context, too: block/linux-aio.c: laio_has_fdsync
io_uring_setup: 0 else ENOSYS
# Memory: backends made of descriptors, bound to nodes, touched in advance (backends/hostmem.c, util/oslib-posix.c).
{ memfd_create, mbind, set_mempolicy }: 0 else report EPERM
userfaultfd: 0 else report EPERM              # migrate_set_capability background-snapshot tries it
# Threads that are bound to processors (util/thread-context.c).
{ sched_setaffinity, sched_setscheduler }: 0 else report EPERM
getrusage: 0 else report EPERM                # how fast luks may derive keys (crypto/pbkdf.c)

# A file that may be read may be mapped to be read: GLib does so with the time zone, for the date of a snapshot.
[main, vcpu, iothread, monitor, rcu, migration, other]
mmap: prot == PROT_READ && flags == MAP_PRIVATE

[all]
# What libraries ask on the way to one of these, and can do without: GLib for its random numbers, the resolver and
# getpwuid() for names.
{ getppid, uname, getuid, geteuid, getgid, getegid }: 0 else EPERM
