# Memory of the guest that is made of a file, or of memory that others may map.
profile memory-file
applies to object memory-backend-file, memory-backend-memfd, memory-backend-shm
include backend/memory

# As in backend/memory: until QEMU 9.2 it is mapped anew in its place, by its descriptor.
[main, monitor, migration, other]
mmap: prot == (PROT_READ | PROT_WRITE) && (flags & MAP_FIXED)
