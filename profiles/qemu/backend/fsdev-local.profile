# -fsdev local and -virtfs: the guest's file operations, done on the host (hw/9pfs/9p-local.c). This is the widest of all
# grants: a filter sees no names, so whoever has taken QEMU over reaches every file that QEMU's user may reach. A share
# by virtiofsd (vhost-user-fs-pci) has its own process for that.
#
# QEMU itself goes from the folder's descriptor name by name and follows no link (local_open_nofollow): an open relative to
# the working directory or one that follows links is none of its.
profile fsdev-local
applies to fsdev local
include base/process

openat: dfd >= 0 && (flags & O_NOFOLLOW)                           # 9p-util.h: openat_dir, openat_file
{ pread64, preadv, pwrite64, pwritev, lseek, ftruncate, getdents64 }: 1
{ fsync, fdatasync }: 1
newfstatat: dfd >= 0 && flag == AT_SYMLINK_NOFOLLOW
fstatfs: 1
ioctl: cmd == FS_IOC_GETVERSION                                    # local_ioc_getversion
{ mkdirat, unlinkat, mknodat, readlinkat, utimensat }: dfd >= 0
symlinkat: newdfd >= 0
fchownat: dfd >= 0 && flag == AT_SYMLINK_NOFOLLOW
linkat: olddfd >= 0 && newdfd >= 0
{ renameat, renameat2 }: olddfd >= 0 && newdfd >= 0
fchmod: 1
# Permissions of mapped files, and of links' targets without following, by /proc/self/fd: fchmodat_nofollow,
# fgetxattrat_nofollow and its like.
{ chmod, fchmodat, lgetxattr, lsetxattr, llistxattr, lremovexattr }: 1
