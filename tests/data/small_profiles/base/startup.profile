# A call that aarch64 does not have.
profile startup

open: flags == O_RDONLY
