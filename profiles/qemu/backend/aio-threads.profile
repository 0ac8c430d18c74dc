# aio=threads: requests are blocking calls on worker threads, which base/process can start.
profile aio-threads
applies to aio threads
include base/process
include base/file
