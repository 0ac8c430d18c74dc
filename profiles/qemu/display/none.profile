# No display.
profile display-none
applies to display none
include base/process
