# reconnect= of chardevs and network backends, vhost-user servers and qemu-pr-helper that come back. Their profiles say which
# sockets that takes; this is for addresses of the internet.
profile reconnect
applies to feature reconnect
include base/process
include base/lookup
