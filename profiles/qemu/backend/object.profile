# Objects that only compute or remember, or whose file or descriptor is open already: filter-dump writes to a file
# (net/dump.c), can-host-socketcan reads and writes a socket (net/can/can_socketcan.c), the filters and rng-egd have
# chardevs. authz-list-file reads its file again when that changes: it cannot, and lets nobody in from then on.
profile object
applies to object secret, secret_keyring, throttle-group, authz-simple, authz-list, authz-list-file, thread-context
applies to object filter-buffer, filter-dump, filter-mirror, filter-redirector, filter-replay, filter-rewriter
applies to object acpi-generic-initiator, acpi-generic-port, iommufd, can-bus, can-host-socketcan, rng-egd
applies to object cryptodev-backend, cryptodev-backend-builtin, tls-cipher-suites, tls-creds-anon, tls-creds-psk, tls-creds-x509
include base/process
include base/channel
include base/random
