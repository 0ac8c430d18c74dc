// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/expected_policy.h"

#include <linux/seccomp.h>
#include <signal.h>
#include <sys/stat.h>

#include <charconv>
#include <filesystem>
#include <vector>

#include "integration/libvirt/attached_devices.h"
#include "integration/libvirt/guest_process.h"
#include "src/lockdown/needs.h"
#include "src/lockdown/reporting_needs.h"
#include "src/lockdown/sandbox.h"
#include "src/machine/command_line.h"
#include "src/machine/selection.h"
#include "src/policy/algebra.h"

namespace qsbx {
namespace {

std::string descriptors_of_guest(pid_t qemu) { return "/proc/" + std::to_string(qemu) + "/fd"; }

// Descriptors of the file that standard error is: reports go to a duplicate of it.
std::vector<int> report_descriptors(pid_t qemu) {
  const std::string folder = descriptors_of_guest(qemu);
  std::vector<int> descriptors;
  struct stat wanted = {};
  if (stat((folder + "/2").c_str(), &wanted) != 0) return descriptors;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    struct stat file = {};
    if (stat(entry->path().c_str(), &file) != 0) continue;
    if (file.st_dev != wanted.st_dev || file.st_ino != wanted.st_ino) continue;
    const std::string name = entry->path().filename();
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    descriptors.push_back(descriptor);
  }
  return descriptors;
}

// Where a process has its own words and programs is not known here; so a wider grant, that lets
// nobody out, stands for each.
Policy library_needs(pid_t qemu, const Protection& protection, Architecture architecture) {
  Needs needs(architecture);
  if (protection.roles) {
    needs.call("seccomp", argument_is(0, 32, SECCOMP_SET_MODE_FILTER));
    needs.call("futex", Expression::always());
    needs.call("tgkill", Expression::all_of({argument_is(0, 32, static_cast<uint32_t>(qemu)),
                                             argument_is(2, 32, SIGSYS)}));
  }
  if (protection.mode == Mode::kAudit) {
    needs.call("futex", Expression::always());
    needs.call("process_vm_readv", Expression::always());
  }
  return std::move(needs).policy();
}

}  // namespace

Result<ExpectedPolicy> ExpectedPolicy::read(pid_t qemu, const Protection& protection,
                                            const std::string& profiles, const std::string& xml) {
  auto set = ProfileSet::read(profiles.empty() ? default_profile_folder() : profiles,
                              native_architecture());
  if (!set) return set.error();
  return ExpectedPolicy(qemu, protection, xml, std::move(set).value());
}

Result<Policy> ExpectedPolicy::boot() const { return with_library_needs(compose_boot(set_)); }

// Which version of QEMU it is, a command line does not say.
Machine ExpectedPolicy::presumed_machine(Machine machine) const {
  machine.features = protection_.features;
  if (protection_.roles) machine.add("option", "debug-threads");
  if (has_screen(machine)) machine.add("option", "shared-surfaces");
  return machine;
}

Result<Policy> ExpectedPolicy::run(const std::string& role) const {
  const auto command = command_of_guest(qemu_);
  if (!command) return command.error();
  const auto line = read_command_line(*command);
  if (!line) return line.error();
  Machine machine = presumed_machine(line->machine);
  machine.parts.merge(parts_with_attached(xml_, *command));
  const auto selection = select_profiles(machine, set_);
  if (!selection) return selection.error();
  return with_library_needs(compose(*selection, machine.features, set_.architecture(), role));
}

Result<Policy> ExpectedPolicy::with_library_needs(Result<Policy> policy) const {
  if (!policy) return policy;
  const Architecture architecture = policy->architecture();
  policy = join(*policy, library_needs(qemu_, protection_, architecture));
  for (const int descriptor : report_descriptors(qemu_)) {
    if (!policy) return policy;
    policy = join(*policy, reporting_needs(protection_.mode, architecture, descriptor));
  }
  if (!policy || protection_.mode != Mode::kErrno) return policy;
  return join(*policy, unreported_refusals(*policy));
}

}  // namespace qsbx
