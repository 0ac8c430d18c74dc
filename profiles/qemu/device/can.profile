# CAN controllers on PCI (hw/net/can): registers, and frames for a bus inside QEMU. A bus that reaches the host does so by
# an object, can-host-socketcan.
profile can
applies to device ctucan_pci, kvaser_pci, mioe3680_pci, pcm3680_pci
include base/process
