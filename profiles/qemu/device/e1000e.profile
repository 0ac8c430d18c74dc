# e1000e and its relatives: network cards that are registers and memory, served on the main loop.
profile e1000e
applies to device e1000, e1000-82544gc, e1000-82545em, e1000e, igb, igbvf, rtl8139, pcnet, ne2k_pci, ne2k_isa, vmxnet3, tulip, i8255*, i82562, i82801
include base/process
