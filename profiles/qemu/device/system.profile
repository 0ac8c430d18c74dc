# Chips and tables that only compute: Apple's system management (hw/misc/applesmc.c), the clock page that a guest reads
# (hw/acpi/vmclock.c), images put into memory at the start (hw/core/guest-loader.c), management controllers (hw/ipmi; the
# external one talks through a chardev).
profile system-chips
applies to device isa-applesmc, vmclock, guest-loader, pci-ipmi-*, ipmi-bmc-extern
include base/process
include base/channel
