# Threads with an event loop of their own.
profile iothread
applies to object iothread, main-loop
include base/process

# Where GLib's sources are served, too (iothread.c: iothread_run).
[main, iothread, other]
poll: 1
