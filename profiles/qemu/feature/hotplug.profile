# Everything that can be plugged in or out while the guest runs: what the features below say.
profile hotplug
applies to feature hotplug
include feature/hotplug-fd
include feature/hotplug-disk
include feature/hotplug-disk-nbd
include feature/hotplug-net
include feature/hotplug-char
include feature/hotplug-memory-file
include feature/hotplug-9p
