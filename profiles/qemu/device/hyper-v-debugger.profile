# Windows' kernel debugger over the network (hw/hyperv/syndbg.c): a UDP socket that was connected at realize.
# handle_send_msg sends, handle_recv_msg receives, hv_syndbg_recv_event asks with select() whether there is something.
profile hyper-v-debugger
applies to device hv-syndbg
include base/process
include base/channel

[main, vcpu, iothread, monitor, rcu, migration, other]
# What the guest's debugger sends and receives.
sendto: addr_len == 0
recvfrom: 1
{ select, pselect6 }: 1
