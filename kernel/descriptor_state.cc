// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/descriptor_state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "kernel/folder.h"

namespace qsbx {
namespace {

using Kind = DescriptorKind;

// drivers/char/misc.c: all of them have this major number.
constexpr unsigned kMiscMajor = 10;

// virt/kvm/kvm_main.c: "kvm-vcpu:0"; a device has the name of its kind, such as "kvm-vfio".
std::optional<Kind> kind_of_anonymous(std::string_view name) {
  constexpr std::string_view kPrefix = "anon_inode:";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  if (name == "kvm-vm") return Kind::kKvmVm;
  // QEMU has one descriptor of statistics for each processor, from beside the processor's own on,
  // and for as long. With them the numbers are one range, however many there are.
  if (name.starts_with("kvm-vcpu:") || name.starts_with("kvm-vcpu-stats")) return Kind::kKvmVcpu;
  if (name.starts_with("kvm-") && !name.starts_with("kvm-vm-stats")) return Kind::kKvmDevice;
  return std::nullopt;
}

std::optional<Kind> kind_of_device(std::string_view name) {
  if (name == "kvm") return Kind::kKvm;
  if (name == "tun" || name == "macvtap" || name == "ipvtap") return Kind::kTap;
  if (name.starts_with("vhost-")) return Kind::kVhost;
  return std::nullopt;
}

// The devices' numbers on this kernel.
class DeviceNames {
 public:
  static Result<DeviceNames> read() {
    DeviceNames names;
    auto misc = names.read_table("/proc/misc", names.misc_);
    if (!misc) return std::move(misc).error();
    auto devices = names.read_table("/proc/devices", names.majors_);
    if (!devices) return std::move(devices).error();
    return names;
  }

  std::optional<Kind> kind_of(dev_t device) const {
    const bool is_misc = major(device) == kMiscMajor;
    const std::map<unsigned, Kind>& table = is_misc ? misc_ : majors_;
    const auto found = table.find(is_misc ? minor(device) : major(device));
    return found == table.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  // Lines "NUMBER NAME"; of /proc/devices those before the block devices.
  static Status read_table(const char* path, std::map<unsigned, Kind>& kinds) {
    std::ifstream file(path);
    if (!file) return Error{ErrorCode::kKernel, std::string("cannot read ") + path, errno};
    for (std::string line; std::getline(file, line) && line != "Block devices:";) {
      unsigned number = 0;
      const size_t start = std::min(line.find_first_not_of(' '), line.size());
      const auto [end, error] =
          std::from_chars(line.data() + start, line.data() + line.size(), number);
      if (error != std::errc() || *end != ' ') continue;
      if (const auto kind = kind_of_device(end + 1)) kinds.emplace(number, *kind);
    }
    return Done{};
  }

  std::map<unsigned, Kind> misc_;  // by minor number
  std::map<unsigned, Kind> majors_;
};

std::optional<Kind> kind_of(const std::string& link, const DeviceNames& names) {
  char target[64];
  const ssize_t length = readlink(link.c_str(), target, sizeof target);
  if (length < 0) return std::nullopt;
  const std::string_view text(target, static_cast<size_t>(length));
  if (const auto kind = kind_of_anonymous(text)) return kind;
  struct stat state = {};
  if (!text.starts_with('/') || stat(link.c_str(), &state) != 0) return std::nullopt;
  return S_ISCHR(state.st_mode) ? names.kind_of(state.st_rdev) : std::nullopt;
}

}  // namespace

Result<Descriptors> descriptors_of(pid_t pid) {
  const auto names = DeviceNames::read();
  if (!names) return names.error();
  // By number a process may be another one, where /proc is of another PID namespace.
  const std::string folder =
      "/proc/" + (pid == getpid() ? std::string("self") : std::to_string(pid)) + "/fd";
  const auto numbers = numbers_in_folder(folder);
  if (!numbers) return numbers.error();
  Descriptors descriptors;
  for (const std::string& kind : descriptor_kind_names()) {
    descriptors[*find_descriptor_kind(kind)];
  }
  for (const int number : *numbers) {
    const auto kind = kind_of(folder + "/" + std::to_string(number), *names);
    if (kind) descriptors[*kind].insert(number);
  }
  return descriptors;
}

}  // namespace qsbx
