# virtio-9p: a folder of the host's; what is done in it is the file system driver's (backend/fsdev-*).
profile virtio-9p
applies to device virtio-9p-device, virtio-9p-pci*
include device/virtio
