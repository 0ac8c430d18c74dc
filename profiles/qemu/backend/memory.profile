# Memory of the guest, whatever it is made of.
profile memory
applies to object memory-backend-ram, memory-backend-file, memory-backend-memfd, memory-backend-shm
include base/process

# Memory that had a hardware error is given up, at reset, and has a descriptor where it is shared; QEMU 10.0 ends when that
# fails (system/physmem.c: qemu_ram_remap, ram_block_discard_range).
[main, monitor, migration, other]
fallocate: mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)
madvise: behavior in { MADV_DONTNEED, MADV_REMOVE }
