# -gdb and -s: a debugger, over a chardev of its own profile that was there before the guest. It has the guest's memory and
# registers, and by `monitor` all commands of HMP (gdbstub: handle_query_rcmd), which fail as a manager's do.
profile chardev-gdb
applies to chardev gdb
include base/process
include base/manager-commands
