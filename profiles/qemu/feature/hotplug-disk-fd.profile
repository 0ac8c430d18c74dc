# Disks that are plugged in or out while the guest runs, on images that the manager has opened: add-fd, then blockdev-add of
# /dev/fdset/N. Nothing is opened by name. aio=threads and native; a ring of io_uring only where a disk has it already.
profile hotplug-disk-fd
applies to feature hotplug-disk-fd
include base/process
include base/eventfd
include base/file
include backend/aio-native
include backend/block-host-device

[main, vcpu, iothread, monitor, rcu, migration, other]
# What a node asks its descriptor for (block/file-posix.c: probe_logical_blocksize, raw_probe_alignment, hdev_is_sg,
# hdev_get_max_hw_transfer, check_hdev_writable).
ioctl: cmd in { BLKSSZGET, BLKPBSZGET, BLKROGET, BLKSECTGET }
# lint QSBX-342: of the drivers that number by 'X' only XFS has a 30, and it compares the whole number
ioctl: _IOC_TYPE(cmd) == 'X' && _IOC_NR(cmd) == 30       # XFS_IOC_DIOINFO: what alignment O_DIRECT needs
