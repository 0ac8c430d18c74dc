# stdin and stdout; the terminal gets its modes back at the end.
profile chardev-stdio
applies to chardev stdio
include base/process

ioctl: cmd in { TCSETS, TCSETS2, TCGETS2 }
