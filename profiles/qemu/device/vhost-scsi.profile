# SCSI targets of the kernel's, by /dev/vhost-scsi, which is open already (hw/scsi/vhost-scsi.c: vhost_scsi_set_endpoint).
profile vhost-scsi
applies to device vhost-scsi, vhost-scsi-pci*
include device/virtio
include base/vhost

[main, vcpu, iothread, monitor, rcu, migration, other]
ioctl: fd in fds(vhost) && cmd in { VHOST_SCSI_GET_ABI_VERSION, VHOST_SCSI_SET_ENDPOINT, VHOST_SCSI_CLEAR_ENDPOINT }
