# -overcommit mem-lock: all memory of the process is locked, which it is not while a postcopy comes in, and again afterwards
# (migration/postcopy-ram.c: postcopy_ram_incoming_cleanup; os-posix.c: os_mlock).
profile mem-lock
applies to option realtime
include base/process

[main, vcpu, iothread, monitor, rcu, migration, other]
mlockall: flags in { MCL_CURRENT | MCL_FUTURE, MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT }
