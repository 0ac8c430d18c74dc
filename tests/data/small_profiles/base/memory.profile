profile memory

mmap: !(prot & PROT_EXEC)
munmap: 1
