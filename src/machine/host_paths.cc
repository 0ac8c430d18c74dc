// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What QEMU and its libraries open that no option names.
#include <fnmatch.h>

#include <sstream>

#include "src/machine/wall_plan.h"

namespace qsbx {
namespace {

// Without /etc as a whole, and without /home, /root, /run, /srv and /var.
constexpr const char* kRead[] = {
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/proc",
    "/sys",
    "/run/qemu",
    "/etc/alsa",
    "/etc/asound.conf",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/drirc",
    "/etc/fonts",
    "/etc/gai.conf",
    "/etc/glvnd",
    "/etc/gnutls",
    "/etc/group",
    "/etc/gtk-3.0",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/locale.alias",
    "/etc/localtime",
    "/etc/machine-id",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/pki/tls/certs",
    "/etc/protocols",
    "/etc/qemu",
    "/etc/resolv.conf",
    "/etc/sasl2",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
    "/etc/vulkan",
};

constexpr const char* kReadAndWritten[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom",
                                           "/dev/random"};

// What a part of the machine opens by itself.
struct PartPath {
  const char* kind;
  const char* name;  // a pattern
  const char* path;
};

constexpr PartPath kPartPaths[] = {
    {"accelerator", "kvm", "/dev/kvm"},
    {"accelerator", "xen", "/dev/xen"},
    {"accelerator", "xen", "/proc/xen"},
    {"audio", "alsa", "/dev/snd"},
    {"audio", "oss", "/dev/dsp"},
    {"chardev", "pty", "/dev/ptmx"},
    {"chardev", "pty", "/dev/pts"},
    {"device", "*-gpu-gl*", "/dev/dri"},
    {"device", "*-vga-gl*", "/dev/dri"},
    {"device", "virtio-gpu-rutabaga*", "/dev/dri"},
    {"device", "usb-host", "/dev/bus/usb"},
    {"device", "vfio-*", "/dev/vfio"},
    {"device", "vhost-scsi*", "/dev/vhost-scsi"},
    {"device", "vhost-vsock*", "/dev/vhost-vsock"},
    {"display", "egl-headless", "/dev/dri"},
    {"display", "gtk", "/dev/dri"},
    {"display", "sdl", "/dev/dri"},
    {"tpm", "passthrough", "/dev/tpm0"},
};

// Parts that are clients of TCP, whether an option gives a port or not.
constexpr PartPath kTcpClients[] = {
    {"block", "ftp*", ""},  {"block", "gluster", ""}, {"block", "http*", ""},
    {"block", "iscsi", ""}, {"block", "nbd", ""},     {"block", "nfs", ""},
    {"block", "rbd", ""},   {"block", "ssh", ""},     {"netdev", "user", ""},
};

constexpr PartPath kNeedsSession[] = {
    {"audio", "dbus", ""},     {"audio", "jack", ""},  {"audio", "pa", ""},
    {"audio", "pipewire", ""}, {"audio", "sdl", ""},   {"display", "dbus", ""},
    {"display", "gtk", ""},    {"display", "sdl", ""}, {"display", "spice-app", ""},
};

bool is_there(const Machine& machine, const PartPath& wanted) {
  for (const Part& part : machine.parts) {
    if (part.kind == wanted.kind && fnmatch(wanted.name, part.name.c_str(), 0) == 0) return true;
  }
  return false;
}

template <size_t count>
bool is_any_there(const Machine& machine, const PartPath (&wanted)[count]) {
  for (const PartPath& one : wanted) {
    if (is_there(machine, one)) return true;
  }
  return false;
}

class HostPaths {
 public:
  HostPaths(QemuWall& wall, const Machine& machine) : wall_(wall), machine_(machine) {}

  void add_system() {
    for (const char* path : kRead) let(path, PathUse::kRead);
    for (const char* path : kReadAndWritten) let(path, PathUse::kReadWrite);
    for (const PartPath& part : kPartPaths) {
      if (is_there(machine_, part)) let(part.path, PathUse::kReadWrite);
    }
    if (is_there(machine_, {"object", "memory-backend-shm", ""})) let("/dev/shm", PathUse::kOwn);
    if (is_any_there(machine_, kTcpClients)) wall_.plan.tcp_connect = true;
  }

  void add_libraries(const std::string& library_path) {
    std::istringstream folders(library_path);
    for (std::string folder; std::getline(folders, folder, ':');) let(folder, PathUse::kRead);
  }

  // A window or sound is drawn by the user's own servers.
  void add_session(const HostFolders& folders) {
    if (!is_any_there(machine_, kNeedsSession)) return;
    let(folders.runtime, PathUse::kReadWrite);
    let("/tmp/.X11-unix", PathUse::kReadWrite);
    let("/dev/shm", PathUse::kOwn);
    let(folders.x_authority, PathUse::kRead);
    if (!folders.home.empty()) {
      for (const char* name : {"/.Xauthority", "/.config/gtk-3.0", "/.config/pulse", "/.icons"}) {
        let(folders.home + name, PathUse::kRead);
      }
    }
    wall_.plan.abstract_sockets = true;
    wall_.notes.push_back(
        "a local display or sound: the wall lets the user's session through, its sockets and "
        "shared memory");
  }

  void add_temporary(const HostFolders& folders) {
    const std::string folder = folders.temporary.empty() ? "/var/tmp" : folders.temporary;
    let(folder, PathUse::kOwn);
    wall_.notes.push_back("-snapshot: everything below " + folder +
                          " is let through; set TMPDIR to a folder of its own");
  }

 private:
  void let(const std::string& path, PathUse use) {
    if (!path.empty()) wall_.plan.paths.push_back({path, use, true});
  }

  QemuWall& wall_;
  const Machine& machine_;
};

}  // namespace

void add_host_paths(QemuWall& wall, const CommandLine& line, const HostFolders& folders) {
  HostPaths host(wall, line.machine);
  host.add_system();
  host.add_libraries(folders.library_path);
  host.add_session(folders);
  if (line.snapshot) host.add_temporary(folders);
}

}  // namespace qsbx
