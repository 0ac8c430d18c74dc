# Objects that only compute or remember.
profile object
applies to object secret, throttle-group, authz-simple, authz-list, filter-buffer, thread-context, acpi-generic-initiator
include base/process
