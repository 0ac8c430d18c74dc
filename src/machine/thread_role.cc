// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/thread_role.h"

namespace qsbx {
namespace {

struct NamePrefix {
  std::string_view prefix;
  std::string_view role;
};

// QEMU 7.2 and 10.0: every qemu_thread_create(). The kernel keeps 15 bytes of a name.
constexpr NamePrefix kPrefixes[] = {
    {"CPU ", "vcpu"},           {"ALL CPUs", "vcpu"},
    {"IO ", "iothread"},        {"worker", "worker"},
    {"call_rcu", "rcu"},        {"vnc_worker", "vnc"},
    {"mig/", "migration"},      {"live_migration", "migration"},
    {"migration", "migration"}, {"bg_snapshot", "migration"},
    {"multifd", "migration"},   {"return path", "migration"},
    {"postcopy", "migration"},  {"COLO", "migration"},
};

}  // namespace

std::string role_of_thread(std::string_view name) {
  if (name == "IO mon_iothread") return "monitor";  // not what a user calls so: mon_iothread2
  for (const NamePrefix& known : kPrefixes) {
    if (name.starts_with(known.prefix)) return std::string(known.role);
  }
  return "other";
}

}  // namespace qsbx
