# A file, a pipe or the host's serial port, open already.
profile chardev-file
applies to chardev file, pipe
include base/process
include base/channel
