profile virtio-blk
applies to device virtio-blk-pci, virtio-blk-device
include backend/file

fdatasync: 1
