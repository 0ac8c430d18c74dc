# Chardevs whose other end is in this process: the spice server's channels, whose clients have a profile's display
# (ui/spice-*.c), the clipboard (ui/vdagent.c), several chardevs as one (chardev/char-hub.c).
profile chardev-inside
applies to chardev spicevmc, spiceport, qemu-vdagent, hub
include base/process
include base/channel
