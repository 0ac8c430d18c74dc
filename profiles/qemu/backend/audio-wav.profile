# Sound that goes to a file, which is open already (audio/wavaudio.c).
profile audio-wav
applies to audio wav
include base/process

[main, vcpu, iothread, monitor, rcu, migration, other]
lseek: 1                                      # the lengths in the file's head are written at the end (wav_fini_out)
