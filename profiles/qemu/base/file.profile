# Reading and writing of an image that is open already.
profile file-io

{ pread64, preadv, pwrite64, pwritev }: 1
fdatasync: 1
lseek: 1                                      # holes, and the end
fallocate: mode in { 0, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE,
    FALLOC_FL_KEEP_SIZE | FALLOC_FL_ZERO_RANGE }
ftruncate: 1                                  # an image grows; block_resize
fcntl: cmd in { F_OFD_SETLK, F_OFD_GETLK }    # image locks follow the permissions on the node
fcntl: cmd == F_DUPFD_CLOEXEC                 # a node that is opened again with other flags
# Where these fail, QEMU copies by itself, does without, or asks nothing more.
{ copy_file_range, fadvise64, fstatfs }: 0 else ENOSYS
