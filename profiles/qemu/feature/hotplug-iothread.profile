# IOThreads that are added or removed while the guest runs. They come without, too; what they try is reported then.
profile hotplug-iothread
applies to feature hotplug-iothread
include base/process

[main, vcpu, iothread, monitor, rcu, migration, other]
epoll_create1: flags == EPOLL_CLOEXEC         # util/fdmon-epoll.c; the loop stays with ppoll all the same
