# SPDX-License-Identifier: LGPL-2.1-or-later
"""A second libvirt host beside a Host, for guests to move between: with daemons and a state of its own. The network, the
guests' images and what is installed they have in common.

    second = SecondHost(host)
    host.virsh("migrate", "one", second.uri, ...)
    second.virsh("list")
"""

import pathlib
import uuid

from libvirt_host import QEMU_CONFIGURATION, STATE_FOLDERS, eventually, kill_guests, run

# The daemons of one host share it; all later ones enter that of the first.
OWN_STATE = f"""set -e
for folder in {' '.join(STATE_FOLDERS)} /etc/libvirt/qemu; do /bin/mount -t tmpfs -o mode=755 tmpfs "$folder"; done
/bin/mount --bind "$1" /etc/libvirt/qemu.conf
/bin/mount --bind "$2" "$3"
shift 3
/bin/mkdir /run/lock /var/lib/libvirt/qemu
exec "$@"
"""
CONFIGURATION = """unix_sock_dir = "{sockets}"
host_uuid = "{uuid}"
auth_unix_rw = "none"
"""
# Postcopy takes userfaultfd, which the kernel gives to others than root only where vm.unprivileged_userfaultfd is 1.
QEMU_AS_ROOT = 'user = "root"\nclear_emulator_capabilities = 0\n'


class SecondHost:
    """In the folder `images_of_each` either host has images of its own."""

    def __init__(self, host):
        self._host = host
        self._sockets = host.new_folder("second-sockets")
        self.uri = f"qemu+unix:///system?socket={self._sockets}/libvirt-sock"
        configuration = host.directory / "second-libvirtd.conf"
        configuration.write_text(CONFIGURATION.format(sockets=self._sockets, uuid=uuid.uuid4()))
        qemu_configuration = host.directory / "second-qemu.conf"
        qemu_configuration.write_text(QEMU_CONFIGURATION + QEMU_AS_ROOT)
        self._own_images = host.new_folder("second-images")
        self._own_images.chmod(0o777)
        self.images_of_each = host.new_folder("images-of-each")
        own_state = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", OWN_STATE, "sh", qemu_configuration,
                     self._own_images, self.images_of_each]
        self._first = host.start("virtlogd", prefix=own_state)
        eventually(lambda: self._has_own_state() and self.path("/run/libvirt/virtlogd-sock").exists())
        host.start("libvirtd", prefix=self.inside(), options=["-f", configuration])
        eventually(lambda: self.virsh("list", check=False).returncode == 0)

    def _has_own_state(self):
        """The shell has mounted everything when it becomes the daemon; before, it still sees the other host's."""
        return pathlib.Path(f"/proc/{self._first.pid}/comm").read_text() == "virtlogd\n"

    def new_image(self, name, kind):
        """An image in `images_of_each`, which only this host sees."""
        return self._host.new_image(name, kind, folder=self._own_images)

    def close(self):
        """Ends its guests; its daemons end with the Host's."""
        kill_guests(self)

    def inside(self):
        """What a command begins with that sees what this host's daemons see."""
        return ["/usr/bin/nsenter", f"--mount=/proc/{self._first.pid}/ns/mnt"]

    def path(self, path):
        """A file as the daemons see it."""
        return pathlib.Path(f"/proc/{self._first.pid}/root{path}")

    def virsh(self, *words, check=True, **more):
        return run("virsh", "-c", self.uri, "-q", *words, check=check, **more)
