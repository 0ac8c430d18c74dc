# Event notifiers that come and go while the guest runs: a driver starts or resets its device.
profile eventfd

[main, vcpu, iothread, monitor, rcu, migration, other]
eventfd2: flags == (EFD_CLOEXEC | EFD_NONBLOCK)
