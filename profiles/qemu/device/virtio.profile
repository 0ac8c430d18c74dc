# What all virtio devices share: their transport, and notifiers that follow the driver's status bits.
profile virtio
applies to device virtio-mmio, virtio-mmio-bus
include base/process
include base/eventfd
