// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a descriptor leads to, as far as rules can name it: `fd in fds(kvm-vcpu)`.
#ifndef QSBX_POLICY_DESCRIPTOR_KIND_H_
#define QSBX_POLICY_DESCRIPTOR_KIND_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace qsbx {

enum class DescriptorKind {
  kKvm,        // /dev/kvm
  kKvmVm,      // of KVM_CREATE_VM
  kKvmVcpu,    // of KVM_CREATE_VCPU
  kKvmDevice,  // of KVM_CREATE_DEVICE
  kTap,        // /dev/net/tun, /dev/tapN of macvtap and ipvtap
  kVhost,      // /dev/vhost-*
};

// "kvm", "kvm-vm", "kvm-vcpu", "kvm-device", "tap", "vhost"
std::string_view descriptor_kind_name(DescriptorKind kind);
std::optional<DescriptorKind> find_descriptor_kind(std::string_view name);
const std::vector<std::string>& descriptor_kind_names();

// The descriptors of one process. A kind that is there has the numbers that it has, perhaps none;
// of one that is not there nothing is known.
using Descriptors = std::map<DescriptorKind, std::set<int>>;

// "kvm-vm 11, kvm-vcpu 12 to 15 and tap 9"; "" when there are none.
std::string to_string(const Descriptors& descriptors);

// "12 to 15 and 20"
std::string numbers_text(const std::set<int>& numbers);

}  // namespace qsbx

#endif
