# The programs that serve disks and have no guest: a main loop, workers, iothreads where they are asked for.
profile storage-program
applies to program qemu-storage-daemon, qemu-nbd
include base/process

getrandom: 0 else ENOSYS                      # malloc and GLib go on with the clock; credentials of TLS bring the grant
