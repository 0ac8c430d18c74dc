# QMP and HMP monitors; the chardevs under them bring their own calls. Commands that open, connect or
# start something fail unless a feature grants it.
profile monitor
applies to monitor qmp, hmp
include base/process
