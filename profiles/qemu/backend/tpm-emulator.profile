# A TPM in another process, swtpm: commands over a socket pair that QEMU made at its start, control messages over a chardev
# (backends/tpm/tpm_emulator.c: tpm_emulator_unix_tx_bufs, tpm_emulator_ctrlcmd).
profile tpm-emulator
applies to tpm emulator
include base/process
include base/channel

[main, vcpu, iothread, monitor, worker, rcu, migration, other]
{ recvmsg, sendmsg }: 1                       # commands to swtpm and its answers
shutdown: 1                                   # the socket pair, at the end (tpm_emulator_inst_finalize)
