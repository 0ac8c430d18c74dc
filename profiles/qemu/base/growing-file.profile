# An image that gets longer: formats whose data follows the guest's writes, and a monitor's block_resize
# (block/file-posix.c: raw_do_truncate).
profile growing-file
include base/file-state

[main, vcpu, iothread, monitor, worker, rcu, migration, other]
ftruncate: 1
