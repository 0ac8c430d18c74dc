# -fsdev synth: a folder that QEMU makes up (hw/9pfs/9p-synth.c).
profile fsdev-synth
applies to fsdev synth
include base/process
include base/channel
