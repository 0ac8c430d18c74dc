# virtio-balloon: memory that the guest gives back, and takes again.
profile virtio-balloon
applies to device virtio-balloon-device, virtio-balloon-pci*
include device/virtio

[main, vcpu, iothread, monitor, rcu, migration, other]
# Given back: ram_block_discard_range, MADV_REMOVE where it is shared; taken again: balloon_deflate_page.
madvise: behavior in { MADV_DONTNEED, MADV_WILLNEED, MADV_REMOVE }
fallocate: mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)   # memory that is a file
