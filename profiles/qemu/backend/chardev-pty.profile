# A pseudo terminal; a timer looks for somebody at its other end.
profile chardev-pty
applies to chardev pty
include base/process
include base/channel
