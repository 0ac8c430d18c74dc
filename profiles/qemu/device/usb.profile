# USB controllers, hubs, and devices that QEMU itself is. Not usb-host, which is the host's.
profile usb
applies to device *-usb-uhci*, *-usb-ehci*, usb-ehci, pci-ohci, sysbus-ohci, qemu-xhci, nec-usb-xhci, base-xhci, sysbus-xhci, usb-hub, usb-tablet, usb-kbd, usb-mouse, usb-wacom-tablet, usb-storage, usb-bot, usb-uas, usb-serial, usb-net
include base/process
