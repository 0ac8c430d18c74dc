# What pc, q35 and microvm have by themselves, and devices like it: chips, buses, bridges, processors,
# displays, input. They only compute: they need no call beyond those that every QEMU needs.
profile board

applies to machine pc-*-machine, microvm-machine, isapc-machine, none-machine

# Processors, interrupts, timers, memory
applies to device *-x86_64-cpu, apic, kvm-apic, ioapic, kvm-ioapic, isa-i8259, kvm-i8259
applies to device isa-pit, kvm-pit, hpet, mc146818rtc, kvmclock, kvmvapic, i8257, pc-dimm, nvdimm
# Chipsets, buses, bridges
applies to device i440FX*, PIIX3*, PIIX4*, piix4-isa, q35-pcihost, mch, ICH9-*, gpex-*, isabus-bridge
applies to device pci-bridge*, pcie-root-port, pcie-pci-bridge, i82801b11-bridge, ioh3420, x3130-*
applies to device pxb, pxb-pcie, pxb-host, acpi-ged*, acpi-erst, smbus-eeprom, fw_cfg_*, xio3130-*
applies to device loader
# Ports and input
applies to device i8042, port92, ps2-*, vmport, vmmouse, isa-pcspk, isa-debug-exit, cfi.pflash01
# Displays
applies to device VGA, isa-vga, secondary-vga, cirrus-vga, isa-cirrus-vga, vmware-svga, bochs-display, ramfb
# Watchdogs and messages to the host
applies to device i6300esb, ib700, pvpanic*, vmcoreinfo, vmgenid, isa-ipmi*, ipmi-bmc-sim, smbus-ipmi
# IOMMUs, sound; a sound card has a backend for what is heard
applies to device intel-iommu, amd-iommu, AMDVI-PCI, AC97, ES1370, sb16, adlib, gus, cs4231a, intel-hda
applies to device ich9-intel-hda, hda-*, usb-audio
include base/process
