# virtio-net: packets, moved between virtqueues and the network backend, whose profile has the rest.
profile virtio-net
applies to device virtio-net-device, virtio-net-pci*
include device/virtio
