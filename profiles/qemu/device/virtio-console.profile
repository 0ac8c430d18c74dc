# virtio-console: a console on virtio-serial's bus.
profile virtio-console
applies to device virtconsole
include device/virtio-serial
