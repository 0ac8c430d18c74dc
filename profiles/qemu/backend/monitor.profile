# QMP and HMP monitors; the chardevs under them bring their own calls. Commands that open, connect or
# start something fail unless a feature grants it, and the guest goes on: a manager's mistake is no outage.
profile monitor
applies to monitor qmp, hmp
include base/process

{ listen, epoll_create1, socketpair }: 0 else report EPERM
socket: 0 else report EACCES
