# Chardevs that end inside QEMU.
profile chardev-null
applies to chardev null, vc, mux, ringbuf, memory, msmouse, wctable*, testdev
include base/process
include base/channel
