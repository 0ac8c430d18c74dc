# Disks that are plugged in or out while the guest runs, on images that blockdev-add names.
profile hotplug-disk
applies to feature hotplug-disk
include feature/hotplug-disk-fd
include base/open-image
