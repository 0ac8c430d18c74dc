# Chardevs that are added or removed while the guest runs, with the serial ports, consoles and channels on them, on
# descriptors that the manager has opened: sockets by getfd, files and devices by add-fd and /dev/fdset/N.
profile hotplug-char-fd
applies to feature hotplug-char-fd
include base/process
include base/eventfd
include base/spoken-socket
include backend/chardev-file
include backend/chardev-serial

[main, vcpu, iothread, monitor, rcu, migration, other]
fcntl: cmd == F_DUPFD_CLOEXEC                 # util/osdep.c: qemu_dup_flags
ftruncate: length == 0                        # a file that is not appended to
listen: 1                                     # on a socket that is bound already (util/qemu-sockets.c: socket_listen)
