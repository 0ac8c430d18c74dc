# Threads with an event loop of their own.
profile iothread
applies to object iothread, main-loop
include base/process
