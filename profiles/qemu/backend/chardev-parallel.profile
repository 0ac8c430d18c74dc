# The host's parallel port, open already and claimed (chardev/char-parallel.c: pp_ioctl): PPSETMODE, PPRSTATUS,
# PPRCONTROL, PPWCONTROL, PPRDATA, PPWDATA, PPRELEASE at the end, PPDATADIR.
profile chardev-parallel
applies to chardev parallel
include base/process

ioctl: _IOC_TYPE(cmd) == 'p' && _IOC_NR(cmd) in { 0x80, 0x81, 0x83..0x86, 0x8c, 0x90 }
