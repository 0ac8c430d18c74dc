# Memory that is plugged in or out while the guest runs: pc-dimm, nvdimm and virtio-mem on memory-backend-ram and -memfd.
profile hotplug-memory
applies to feature hotplug-memory
include base/process
include base/eventfd
include backend/memory
include device/virtio-mem

[main, vcpu, iothread, monitor, rcu, migration, other]
# memory-backend-memfd (util/memfd.c: qemu_memfd_create), perhaps of huge pages. It is mapped never executable, and no
# program in it can be run.
memfd_create: (flags & ~(MFD_ALLOW_SEALING | MFD_HUGETLB | 0xfc000000)) == MFD_CLOEXEC     # the last: how large huge pages are
fcntl: cmd == F_ADD_SEALS                     # seal=on: its size stays
ftruncate: 1                                  # its size
# In its place inside a reserved range (util/mmap-alloc.c: mmap_activate).
mmap: (prot & PROT_EXEC) == 0 && (flags & MAP_SHARED) && (flags & MAP_FIXED)
# host-nodes= and policy= (backends/hostmem.c: host_memory_backend_memory_complete).
mbind: 1
# merge=, dump=, huge pages (softmmu/physmem.c: ram_block_add).
madvise: behavior in { MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_DODUMP, MADV_DONTDUMP, MADV_HUGEPAGE, MADV_DONTFORK }
