# virtio-blk: the guest's disk requests, handed to the block layer, perhaps on an iothread.
profile virtio-blk
applies to device virtio-blk-device, virtio-blk-pci*
include device/virtio
