# Devices that another process serves (hw/virtio/vhost-user*.c, hw/block/vhost-user-blk.c, hw/display/vhost-user-gpu.c):
# messages with descriptors over a chardev, whose profile has the socket, and notifiers for the rings. The back channel,
# a socket pair, is made at realize (vhost_setup_slave_channel).
profile vhost-user
applies to device vhost-user-*
include device/virtio
include base/vhost-user-channel
