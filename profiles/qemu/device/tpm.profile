# What a guest sees of a TPM (hw/tpm/tpm_tis_*.c, tpm_crb.c): registers. Commands go to a worker thread, and from there to
# the backend (backend/tpm-*).
profile tpm-front-end
applies to device tpm-tis, tpm-crb
include base/process
