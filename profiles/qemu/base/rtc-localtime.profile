# -rtc base=localtime: a clock that the guest sets is compared with the host's, whose time zone may have changed.
profile rtc-localtime
applies to option rtc-localtime
include base/process

[main, vcpu, iothread, monitor, rcu, migration, other]
newfstatat: flag == 0                         # of /etc/localtime; a filter cannot see which file
