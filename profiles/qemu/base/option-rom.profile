# The option ROM of a PCI card that is plugged in, looked for in QEMU's data folders and read (hw/pci/pci.c:
# pci_add_option_rom; datadir.c: qemu_find_file; hw/core/loader.c). A filter sees no names: every file that QEMU's user may
# read can be opened. `romfile=` (empty) on the device avoids that.
profile option-rom

[main, vcpu, iothread, monitor, rcu, migration, other]
# Modules, which would bring code, are looked for with F_OK (util/module.c): they are not found.
{ access, faccessat }: mode == R_OK
# lint QSBX-323: the ROM is looked for when the card is plugged in, in folders that differ from host to host
openat: dfd == AT_FDCWD && flags == O_RDONLY  # get_image_size, load_image_size
