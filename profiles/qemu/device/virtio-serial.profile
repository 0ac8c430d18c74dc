# virtio-serial: the bus of consoles and ports; each has a chardev.
profile virtio-serial
applies to device virtio-serial-device, virtio-serial-pci*, virtserialport
include device/virtio
