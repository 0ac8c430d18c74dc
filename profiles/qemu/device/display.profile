# Display adapters that QEMU computes by itself, and the wires to a monitor. They draw into memory of this process (hw/
# display/ati.c, i2c-ddc.c, vga.c, qxl.c); a display or VNC server, with a profile of its own, shows it. The spice server
# that draws for qxl is a thread of its own that computes and waits. Without -spice it has no client.
# The -gl forms are none of these: see not-covered.
profile display-adapters
applies to device ati-vga, i2c-ddc, qxl, qxl-vga
include base/process
