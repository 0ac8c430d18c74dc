# USB devices whose other end is a chardev, or a descriptor that is open already: smart card readers with a card of
# another process's (hw/usb/dev-smartcard-reader.c, ccid-card-passthru.c), redirected devices (redirect.c; usbredirparser
# only parses), a Braille display (dev-serial.c), security keys (u2f-passthru.c reads and writes a hidraw device).
profile usb-chardev
applies to device usb-ccid, ccid-card-passthru, usb-redir, usb-braille, u2f-passthru
include base/process
include base/channel
