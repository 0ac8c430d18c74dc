# Discs and floppies that are changed while the guest runs, by the name of an image or of a drive of the host's.
profile media-change
applies to feature media-change
include feature/media-change-fd
include base/open-image

[main, vcpu, iothread, monitor, rcu, migration, other]
newfstatat: flag == 0                         # is it a device: block/file-posix.c: hdev_probe_device, cdrom_probe_device
