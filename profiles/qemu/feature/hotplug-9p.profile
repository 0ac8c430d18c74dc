# virtio-9p that is plugged in while the guest runs, on an -fsdev that was there from the start, whose profile has what it does.
profile hotplug-9p
applies to feature hotplug-9p
include device/virtio-9p

[main, vcpu, iothread, monitor, rcu, migration, other]
# The folder, by its name (hw/9pfs/9p-local.c: local_init). A filter sees no names: every folder can be opened, and listed.
# lint QSBX-323: local_init has the folder by its name only, and opens it when the device is plugged in
openat: dfd == AT_FDCWD && flags == (O_RDONLY | O_DIRECTORY)
