# The kernel's random numbers: a guest's (rng-builtin), and those of GnuTLS, which seeds itself anew now and then.
profile random

[main, vcpu, iothread, monitor, rcu, migration, other]
getrandom: 1
