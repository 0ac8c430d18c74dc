# virtio-gpu without 3D, virtio's keyboard, mouse and tablet, its IOMMU.
profile virtio-gpu
applies to device virtio-gpu-device, virtio-gpu-pci, virtio-vga, virtio-keyboard-*, virtio-mouse-*, virtio-tablet-*, virtio-iommu-*
include device/virtio
