# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine as managers have it, stopped, with a monitor: firmware, a disk, a network card, random numbers, a serial port
and a screen. The firmware is SeaBIOS, which writes its name to the debug console as it begins."""

import disk

# Where QEMU finds its tap.
TAP_DESCRIPTOR = 200


def machine_options(folder, image, accelerator="tcg"):
    return [
        *("-machine", "q35", "-accel", accelerator, "-m", "256", "-smp", "2"),
        *("-nodefaults", "-no-user-config"),
        *("-blockdev", disk.node("threads", image), "-device", "virtio-blk-pci,drive=disk"),
        *("-netdev", f"tap,id=net,fd={TAP_DESCRIPTOR}", "-device", "virtio-net-pci,netdev=net"),
        *("-object", "rng-random,id=source,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=source"),
        *("-chardev", f"file,id=serial,path={folder}/serial", "-device", "isa-serial,chardev=serial"),
        *("-device", "VGA", "-vnc", f"unix:{folder}/vnc"),
        *("-S", "-qmp", f"unix:{folder}/monitor,server=on,wait=off"),
    ]
