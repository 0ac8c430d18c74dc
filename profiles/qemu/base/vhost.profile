# A vhost device of the kernel's: rings start and stop with the guest's driver (hw/virtio/vhost.c: vhost_dev_start,
# vhost_dev_stop; the calls are in vhost-backend.c). Which device it is was settled when it was opened.
profile vhost

ioctl: cmd in { VHOST_GET_FEATURES, VHOST_SET_FEATURES, VHOST_GET_BACKEND_FEATURES,
    VHOST_SET_BACKEND_FEATURES, VHOST_SET_MEM_TABLE, VHOST_SET_VRING_NUM, VHOST_SET_VRING_BASE,
    VHOST_GET_VRING_BASE, VHOST_SET_VRING_ADDR, VHOST_SET_VRING_KICK, VHOST_SET_VRING_CALL,
    VHOST_SET_VRING_ERR, VHOST_SET_VRING_BUSYLOOP_TIMEOUT, VHOST_SET_VRING_ENDIAN,
    VHOST_RESET_OWNER }
