# What every emulator needs besides: its guest has a clock, and it may have any device or none.
profile emulator
include base/process
include base/random

[main, vcpu, iothread, monitor, worker, rcu, migration, other]
sched_getaffinity: 1                          # malloc counts processors for its arenas

[main, vcpu, iothread, monitor, rcu, migration, other]
{ poll, epoll_wait }: 1                       # GLib's loops, and those that went over to epoll before
ioctl: cmd == TCGETS                          # stdio asks whether it writes to a terminal
