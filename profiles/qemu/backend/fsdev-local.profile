# -fsdev local and -virtfs: the guest's file operations, done on the host (hw/9pfs/9p-local.c). This is the widest of all
# grants: a filter sees no names, so whoever has taken QEMU over reaches every file that QEMU's user may reach. A share
# by virtiofsd (vhost-user-fs-pci) has its own process for that.
#
# QEMU itself goes from the folder's descriptor name by name and follows no link (local_open_nofollow): an open relative to
# the working directory or one that follows links is none of its.
profile fsdev-local
applies to fsdev local
include base/process
include base/channel

[main, vcpu, iothread, monitor, worker, rcu, migration, other]
# lint QSBX-322: 9p creates and writes files; a virtiofsd has a process of its own for that (docs/profiles.md)
openat: dfd >= 0 && (flags & O_NOFOLLOW)                           # 9p-util.h: openat_dir, openat_file
# What the guest asks for, each done by its own call (9p-local.c: local_ops).
{ preadv, pwritev, lseek, ftruncate, getdents64 }: 1
{ fsync, fdatasync }: 1
fcntl: cmd == F_SETFD && arg == FD_CLOEXEC                        # local_opendir: fdopendir() of glibc
newfstatat: dfd >= 0 && flag == AT_SYMLINK_NOFOLLOW
fstatfs: 1
ioctl: cmd == FS_IOC_GETVERSION                                    # local_ioc_getversion
# lint QSBX-322: what the guest does to its share, which is all that 9p is for
{ mkdirat, unlinkat, mknodat, readlinkat, utimensat }: dfd >= 0
# lint QSBX-322: the same
symlinkat: newdfd >= 0
# lint QSBX-322: the same
fchownat: dfd >= 0 && flag == AT_SYMLINK_NOFOLLOW
# lint QSBX-322: the same
linkat: olddfd >= 0 && newdfd >= 0
# lint QSBX-322: the same
renameat: olddfd >= 0 && newdfd >= 0
fchmod: 1
# Permissions of mapped files, and of links' targets without following, by /proc/self/fd: fchmodat_nofollow,
# fgetxattrat_nofollow and its like.
# lint QSBX-322: the name is that of a descriptor in /proc/self/fd, which no filter sees
{ chmod, fchmodat, lgetxattr, lsetxattr, llistxattr, lremovexattr }: 1
