# What an open descriptor is: fstat() of glibc before 2.39 and since. Images that change their size, streams, what a manager
# hands over.
profile file-state

[main, vcpu, iothread, monitor, worker, rcu, migration, other]
# fstat(): of open descriptors, nothing by name.
newfstatat: flag == AT_EMPTY_PATH
fstat: 1
