# The pixels of a screen in memory that can be shared, as QEMU keeps them since 9.2. A new screen is made whenever the
# guest changes its resolution, and QEMU aborts when it cannot be. The memory is never executable (base/process), and a
# program in it cannot be run (no execveat).
profile shared-surfaces
applies to option shared-surfaces
include base/process

[main, vcpu, iothread, monitor, rcu, migration, other]
# Made, given its size, and mapped.
memfd_create: flags == MFD_CLOEXEC
ftruncate: 1
mmap: prot == (PROT_READ | PROT_WRITE) && flags == MAP_SHARED
