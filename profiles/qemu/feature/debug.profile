# gdbserver, as an HMP command, on tcp: and unix: sockets. With -gdb the socket is there before the guest runs, and needs
# nothing of this: a debugger comes and goes (backend/chardev-gdb). gdbserver_start (gdbstub.c, gdbstub/system.c) makes a
# chardev on a new socket; on a pty or in a file it fails.
profile debug
applies to feature debug
include base/process
include base/new-socket
