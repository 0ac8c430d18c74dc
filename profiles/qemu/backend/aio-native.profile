# aio=native: Linux AIO. On an iothread the context is made when the guest's driver starts.
profile aio-native
applies to aio native
include base/process
include base/eventfd
include base/file

[main, vcpu, iothread, monitor, rcu, migration, other]
{ io_setup, io_submit, io_destroy }: 1
