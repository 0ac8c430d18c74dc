# -netdev l2tpv3: packets over a socket that was connected at the start (net/l2tpv3.c: net_l2tpv3_receive_dgram_iov,
# net_l2tpv3_send).
profile netdev-l2tpv3
applies to netdev l2tpv3
include base/process
include base/channel

[main, vcpu, iothread, monitor, rcu, migration, other]
{ sendmsg, recvmmsg }: 1
