# virtio's touch screen; and a device of the host's handed on (hw/input/virtio-input-host.c): its /dev/input node is asked
# by ioctl at realize only, then read and written.
profile virtio-input
applies to device virtio-multitouch-*, virtio-input-host-*
include device/virtio
