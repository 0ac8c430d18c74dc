# The screen as text, on the terminal that QEMU was started on (ui/curses.c).
profile curses
applies to display curses
include base/process

[main, vcpu, iothread, monitor, rcu, migration, other]
ioctl: cmd == TIOCGWINSZ                      # its size, when that has changed (curses_winch_check)
# The terminal's modes, and those it gets back at the end (ncurses: reset_shell_mode). glibc 2.41 asks and sets by the newer
# commands.
ioctl: cmd in { TCSETSW, TCSETSW2, TCGETS2 }
