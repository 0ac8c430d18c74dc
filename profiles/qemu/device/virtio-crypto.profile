# virtio-crypto: requests for a cryptodev backend, which computes in this process (cryptodev-backend-builtin).
profile virtio-crypto
applies to device virtio-crypto-device, virtio-crypto-pci*
include device/virtio
