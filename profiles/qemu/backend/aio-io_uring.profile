# aio=io_uring. On an iothread the ring is made when the guest's driver starts. What a ring does, no
# filter sees: a process that has one can open, connect and write through it. Prefer threads or native.
profile aio-io_uring
applies to aio io_uring
include base/process
include base/eventfd
include base/file

[main, vcpu, iothread, monitor, rcu, migration, other]
# Requests for images go through the ring.
# lint QSBX-331: aio=io_uring needs a ring; a machine that does not ask for it has none (docs/profiles.md)
io_uring_setup: 1
# lint QSBX-331: a ring that was made is of no use without it
io_uring_enter: 1
mmap: (prot & PROT_EXEC) == 0 && flags == (MAP_SHARED | MAP_POPULATE)   # the ring
