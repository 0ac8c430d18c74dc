# USB controllers and devices that QEMU itself is, plugged in or out while the guest runs. They need nothing; what is behind
# them (a disk, a network, a chardev) has a feature of its own. usb-host is not covered.
profile hotplug-usb
applies to feature hotplug-usb
include base/process
