# Memory of the guest, whatever it is made of.
profile memory
applies to object memory-backend-ram, memory-backend-file, memory-backend-memfd, memory-backend-shm
include base/process

# Memory that had a hardware error is mapped anew in its place, at reset.
mmap: prot == (PROT_READ | PROT_WRITE) && (flags & MAP_FIXED)
