# No display.
profile display-none
applies to display none
