# -netdev vhost-user: packets that another process moves; messages to it go over a chardev (net/vhost-user.c). When that
# comes and goes, notifiers of rings do too.
profile netdev-vhost-user
applies to netdev vhost-user
include base/process
include base/channel
include base/eventfd
include base/vhost-user-channel
