# virtio-gpu without 3D, and virtio's keyboard, mouse and tablet.
profile virtio-gpu
applies to device virtio-gpu-device, virtio-gpu-pci, virtio-vga, virtio-keyboard-*, virtio-mouse-*, virtio-tablet-*
include device/virtio
