# virtio-rng: randomness from the backend that it is connected to.
profile virtio-rng
applies to device virtio-rng-device, virtio-rng-pci*
include device/virtio
