// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qemu-system-ARCH-qsbx, for <emulator>: becomes QEMU under lockdown, in the same process and with
// the same descriptors. Questions go to QEMU untouched.
//
// The environment is that of the guest's owner (<qemu:env>), so nothing of ours is taken from it.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "integration/libvirt/hand_over.h"
#include "integration/libvirt/host_configuration.h"
#include "integration/libvirt/qemu_program.h"
#include "integration/libvirt/qemu_request.h"
#include "integration/qemu/launch/run.h"
#include "integration/qemu/ride_along/last_words.h"
#include "src/errors/text.h"
#include "src/lockdown/violation_report.h"

namespace qsbx {
namespace {

constexpr int kBadInput = 2;
constexpr int kMachineLacks = 3;

using Words = std::vector<std::string>;

void forget_own_variables() {
  std::vector<std::string> names;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string name(*variable, std::strcspn(*variable, "="));
    if (name.starts_with("QSBX_")) names.push_back(name);
  }
  for (const std::string& name : names) unsetenv(name.c_str());
}

Status become(const std::string& program, const Words& words) {
  std::vector<char*> arguments = {const_cast<char*>(program.c_str())};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  return Error{ErrorCode::kKernel, "cannot start " + program + ": " + std::strerror(errno), errno};
}

Result<Protection> protection_for(const HostConfiguration& host, const Words& words) {
  const auto uuid = uuid_in(words);
  if (!uuid) return uuid.error();
  if (uuid->empty()) return decide(host.standard, host.bounds, std::nullopt);
  const auto declared = handed_over(*uuid);
  if (!declared) return declared.error();
  return decide(host.standard, host.bounds, *declared);
}

// The exit status; comes back only when QEMU could not be started.
Result<int> run_guest(const HostConfiguration& host, const std::string& qemu, const Words& words) {
  const auto protection = protection_for(host, words);
  if (!protection) return protection.error();
  RunOptions options;
  options.mode = mode_name(protection->mode);
  options.features.assign(protection->features.begin(), protection->features.end());
  options.roles = protection->roles;
  options.profiles = host.profiles;
  options.command = {qemu};
  options.command.insert(options.command.end(), words.begin(), words.end());
  return run_command(options);
}

Result<int> launch(const std::string& called, const Words& words) {
  forget_own_variables();
  const auto host = configuration_for(getuid());
  if (!host) return host.error();
  const auto qemu = find_qemu(*host, called);
  if (!qemu) return qemu.error();
  if (only_asks(words)) return become(*qemu, words).error();
  return run_guest(*host, *qemu, words);
}

int say(const Error& error) {
  std::fprintf(stderr, "qsbx: error: %s\n", printable(error.to_string()).c_str());
  return error.code == ErrorCode::kKernel ? kMachineLacks : kBadInput;
}

}  // namespace
}  // namespace qsbx

int main(int argc, char** argv) {
  const std::string called = argc > 0 ? argv[0] : "";
  const qsbx::Words words(argv + std::min(argc, 1), argv + argc);
  const auto launched = qsbx::launch(called, words);
  const int status = launched ? *launched : qsbx::say(launched.error());
  qsbx::let_libvirt_hear(words);
  return status;
}
