# QEMU's I/O channels: chardevs, monitors and servers read and write terminals, pipes and files through them
# (io/channel-file.c), where disks, guest memory and processors do not. Taps and net/dump.c write so, too.
profile channel
include base/file-state

# call_rcu, too: an event that a device has gone.
[main, vcpu, iothread, monitor, rcu, migration, other]
{ readv, writev }: 1
