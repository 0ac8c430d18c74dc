# QMP and HMP monitors; the chardevs under them bring their own calls. Commands that open, connect or
# start something fail unless a feature grants it.
profile monitor
applies to monitor qmp, hmp
include base/process
include base/channel
include base/growing-file
include base/manager-commands

# A command runs in the main loop, or, before QEMU 9, in a processor or call_rcu that waits.
[main, vcpu, monitor, rcu, migration, other]
# A descriptor that a manager passes: is it a socket (util/qemu-sockets.c: fd_is_socket)?
getsockopt: level == SOL_SOCKET && optname == SO_TYPE
# Nodes of /dev/fdset, which QEMU duplicates, empties and fills (util/osdep.c: qemu_dup_flags); dumps have holes.
fcntl: cmd == F_DUPFD_CLOEXEC
lseek: 1
# The guest goes on here after it was to go elsewhere: what is cached may be old (block/file-posix.c: raw_co_invalidate_cache).
fadvise64: offset == 0 && len == 0 && advice == POSIX_FADV_DONTNEED

# The receiving end of a postcopy: a guest that runs while its memory still comes, into pages that it, or QEMU, waits for; and
# the end of that (migration/postcopy-ram.c: qemu_ufd_copy_ioctl, postcopy_wake_shared, cleanup_range). The descriptor was made
# before the guest ran, and is closed with the migration; without one these do nothing. No memory is registered with it.
ioctl: cmd in { UFFDIO_COPY, UFFDIO_ZEROPAGE, UFFDIO_WAKE, UFFDIO_UNREGISTER }
madvise: behavior == MADV_HUGEPAGE            # the guest's memory, which was in small pages meanwhile (cleanup_range)

# Without an emulator, too: the thread of its own that a monitor may have waits as GLib does.
[main, monitor, iothread, migration, other]
poll: 1
