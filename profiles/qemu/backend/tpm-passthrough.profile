# The host's TPM: /dev/tpm0 and its cancel file, open already, are read and written
# (backends/tpm/tpm_passthrough.c: tpm_passthrough_unix_tx_bufs, tpm_passthrough_cancel_cmd).
profile tpm-passthrough
applies to tpm passthrough
include base/process
include base/channel
