# A file or block device that a command names. A filter sees no names: whoever takes QEMU over can open, to read and to
# write, whatever its user, the sandbox around it and Landlock leave it. Nothing is made, cut short or followed by descriptor.
profile open-image

[main, vcpu, iothread, monitor, rcu, migration, other]
# qemu_open() of block/file-posix.c (raw_open_common, cdrom_probe_device); GLib's plain reads of /sys (hdev_get_max_segments)
# and /dev/urandom (names for nodes without one).
# lint QSBX-322: the image is known by its name only, and is there already: no O_CREAT, no O_TRUNC
openat: dfd == AT_FDCWD && (flags & ~(O_ACCMODE | O_DIRECT | O_NONBLOCK | O_CLOEXEC)) == 0
