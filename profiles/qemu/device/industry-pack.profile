# IndustryPack carriers and their serial ports (hw/ipack/tpci200.c, hw/char/ipoctal232.c); each port has a chardev.
profile industry-pack
applies to device tpci200, ipoctal232
include base/process
include base/channel
