# A further screen for a machine that has none from the start: bochs-display, secondary-vga. QEMU 9.2 and later keep its pixels
# in shared memory, and abort when they cannot have it (util/memfd.c: qemu_memfd_alloc).
profile hotplug-display
applies to feature hotplug-display
include display/shared-surfaces
