# Discs and floppies that are changed while the guest runs, for images that the manager has opened: blockdev-add of
# /dev/fdset/N and blockdev-insert-medium, or blockdev-change-medium with that name.
profile media-change-fd
applies to feature media-change-fd
include feature/hotplug-disk-fd
