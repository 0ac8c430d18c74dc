# virtio-mem: blocks of memory that the guest plugs and unplugs (hw/virtio/virtio-mem.c).
profile virtio-mem
applies to device virtio-mem, virtio-mem-pci*
include device/virtio

[main, vcpu, iothread, monitor, rcu, migration, other]
# Unplugged blocks go back to the host: ram_block_discard_range() of softmmu/physmem.c.
madvise: behavior in { MADV_DONTNEED, MADV_REMOVE }
fallocate: mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)   # memory that is a file
# prealloc=on: qemu_prealloc_mem() of util/oslib-posix.c populates a block before the guest gets it. Where the kernel
# cannot do that by madvise, it touches the pages and catches SIGBUS.
madvise: behavior == MADV_POPULATE_WRITE
fstatfs: 1                                    # are the pages huge: qemu_fd_getpagesize()
rt_sigaction: sig == SIGBUS
