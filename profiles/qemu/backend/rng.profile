# Randomness for the guest: a device file that is open already, or QEMU's own generator.
profile rng
applies to object rng-random, rng-builtin
include base/process
