# virtio-scsi: SCSI commands for the disks behind it, perhaps on an iothread.
profile virtio-scsi
applies to device virtio-scsi-device, virtio-scsi-pci*
include device/virtio
