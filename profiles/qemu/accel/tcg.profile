# Guest code translated by QEMU itself: threads that compute and wait for each other.
profile tcg
applies to accelerator tcg
include base/process
include base/emulator
