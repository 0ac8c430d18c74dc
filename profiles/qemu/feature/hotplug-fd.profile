# Everything that can be plugged in or out without a name: what the features below say.
profile hotplug-fd
applies to feature hotplug-fd
include feature/hotplug-disk-fd
include feature/hotplug-net-fd
include feature/hotplug-usb
include feature/hotplug-char-fd
include feature/hotplug-memory
include feature/hotplug-cpu
include feature/hotplug-iothread
include feature/hotplug-display
