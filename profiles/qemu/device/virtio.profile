# What all virtio devices share: their transport, and notifiers that follow the driver's status bits.
profile virtio
applies to device virtio-mmio
include base/process
include base/eventfd
