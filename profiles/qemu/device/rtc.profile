# The clock of pc, q35 and microvm.
profile rtc
applies to device mc146818rtc
include base/process

newfstatat: flag == 0                         # -rtc base=localtime: has /etc/localtime changed?
