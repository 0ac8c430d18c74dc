# Serial and parallel ports; what they are connected to is a chardev.
profile serial
applies to device isa-serial, serial, pci-serial, pci-serial-2x, pci-serial-4x, isa-parallel, isa-debugcon, isa-debug-exit, sga
include base/process
include base/channel
