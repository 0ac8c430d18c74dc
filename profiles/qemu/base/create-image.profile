# An image that a command makes: whatever QEMU's user may create, but nothing that is there is cut short.
profile create-image
include base/open-image

[main, vcpu, iothread, monitor, rcu, migration, other]
# qemu_create() of block/file-posix.c (raw_co_create), and its attributes: nocow, extent_size_hint.
# lint QSBX-322: a command names the image that it makes; without O_TRUNC nothing is emptied
openat: dfd == AT_FDCWD && flags == (O_RDWR | O_CREAT | O_CLOEXEC) && mode == 0644
ioctl: cmd in { FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR }
getrusage: who == 1                           # RUSAGE_THREAD: how fast luks may derive keys (crypto/pbkdf.c)
