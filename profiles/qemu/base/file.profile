# Reading and writing of an image that is open already.
profile file-io

# What the guest reads and writes, and what the image remembers of it: a worker's work, on behalf of whoever asks
# (block/file-posix.c: raw_thread_pool_submit). An event loop has what the workers need that it starts.
[main, iothread, monitor, worker, migration, other]
{ preadv, pwrite64, pwritev }: 1
fdatasync: 1
fallocate: mode in { 0, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE,
    FALLOC_FL_KEEP_SIZE | FALLOC_FL_ZERO_RANGE }

# Whoever waits for a request does the main loop's work meanwhile (util/aio-wait.h): the end of a block job, which opens
# images again (raw_reconfigure_getfd, raw_probe_alignment).
[main, vcpu, iothread, monitor, worker, rcu, migration, other]
pread64: 1
lseek: 1                                      # holes, and the end
fcntl: cmd == F_DUPFD_CLOEXEC                 # a node of /dev/fdset that is opened again (util/osdep.c: qemu_dup_flags)

# A disk that is taken out is closed by the last thread that knows it.
[main, vcpu, iothread, monitor, rcu, migration, other]
fcntl: cmd in { F_OFD_SETLK, F_OFD_GETLK }    # image locks follow the permissions on the node

[main, monitor, migration, other]
ioctl: cmd == FS_IOC_FSGETXATTR               # the extent size hint, for query-named-block-nodes (raw_get_specific_info)

[all]
ftruncate: 0 else report EPERM                # raw images keep their size: base/growing-file
# Where these fail, QEMU copies by itself, does without, or asks nothing more.
{ copy_file_range, fadvise64, fstatfs }: 0 else ENOSYS
