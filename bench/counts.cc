// SPDX-License-Identifier: LGPL-2.1-or-later
//
// counts: what filters cost, in instructions, ours beside libseccomp's.
//
//   counts [--check] [--by-call] [--peers DIR]
//
// With --check it fails when a limit is missed; --by-call shows what the weighted means are made
// of. DIR, or $QSBX_PEERS, is a folder with other systems' policies: firecracker-x86_64.json,
// firecracker-aarch64.json, oci-default.json. Rows whose input is not there are said to be absent.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "bench/cost.h"
#include "bench/expect.h"
#include "bench/json_policy.h"
#include "bench/libseccomp_program.h"
#include "bench/qemu_sandbox.h"
#include "src/bpf/interpreter.h"
#include "src/bpf/kernel_cost.h"
#include "src/compile/compile.h"
#include "src/policy/algebra.h"
#include "src/profile/call_words.h"
#include "src/profile/weights.h"
#include "src/verify/verify.h"
#include "tests/proof/shipped_policies.h"
#include "tests/support/source_tree.h"

namespace qsbx::bench {
namespace {

constexpr Architecture kX86 = Architecture::kX86_64;
constexpr Actions kOneDenial = {
    .deny = SECCOMP_RET_KILL_PROCESS, .refusals_allow = false, .foreign = SECCOMP_RET_KILL_PROCESS};
constexpr char kThread[] =
    "CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|CLONE_SETTLS|"
    "CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID";

// What is held to a limit.
class Limits {
 public:
  void check(const std::string& what, double measured, double most) {
    const bool kept = measured <= most;
    missed_ += kept ? 0 : 1;
    printf("  %-72s %7.1f  at most %5.1f  %s\n", what.c_str(), measured, most,
           kept ? "kept" : "MISSED");
  }
  void check_true(const std::string& what, bool holds) {
    missed_ += holds ? 0 : 1;
    printf("  %-72s %s\n", what.c_str(), holds ? "yes" : "NO");
  }

  int missed() const { return missed_; }

 private:
  int missed_ = 0;
};

struct NamedCall {
  std::string text;
  Call call;
};

NamedCall named(const std::string& name, const std::vector<std::string>& arguments,
                Architecture architecture = kX86) {
  std::string text = name;
  for (const std::string& argument : arguments) {
    if (argument != "0") text += " " + (argument == kThread ? "thread" : argument);
  }
  return {text, expect(read_call(name, arguments, architecture), name)};
}

struct Row {
  std::string name;
  Policy policy;
  Actions actions;
  std::vector<WeightedCall> weights;   // that it is compiled with
  std::vector<WeightedCall> recorded;  // that its mean is taken over
  std::vector<NamedCall> calls;
};

void print_program(const std::string& label, const Program& program, const Row& row) {
  const Architecture architecture = row.policy.architecture();
  printf("  %-22s %5zu %6zu %6d %7d", label.c_str(), program.size(), converted_length(program),
         cached_calls(program, architecture), install_steps(program, architecture));
  if (row.recorded.empty()) {
    printf("       -       -");
  } else {
    printf(" %7.2f %7.2f", weighted_mean({program}, row.recorded, steps_of),
           weighted_mean({program}, row.recorded, steps_without_bitmap));
  }
  for (const NamedCall& call : row.calls) {
    printf("  %s: %d", call.text.c_str(), steps_of({program}, call.call));
  }
  printf("\n");
}

void print_heading(const Row& row) {
  printf("\n%s: %zu calls\n  %-22s %5s %6s %6s %7s %7s %7s  %s\n", row.name.c_str(),
         row.policy.calls().size(), "", "insns", "eBPF", "cached", "install", "mean", "(no bm)",
         "steps of one call");
}

Program ours(const Row& row) {
  Program program = expect(compile(row.policy, row.actions, row.weights), row.name);
  return expect(verify(std::move(program), row.policy, row.actions), row.name).program();
}

Program libseccomps(const Row& row, int optimize, std::vector<std::string>& loosened) {
  LibseccompProgram made =
      expect(libseccomp_program(row.policy, row.actions.deny, optimize), row.name);
  loosened = std::move(made.loosened);
  return std::move(made.program);
}

struct Programs {
  Program ours;
  Program plain;      // libseccomp's
  Program optimised;  // with CTL_OPTIMIZE=2
};

Programs compare(const Row& row) {
  print_heading(row);
  std::vector<std::string> loosened;
  Programs programs = {ours(row), libseccomps(row, 1, loosened), libseccomps(row, 2, loosened)};
  print_program("qsbx", programs.ours, row);
  print_program("libseccomp", programs.plain, row);
  print_program("libseccomp OPTIMIZE=2", programs.optimised, row);
  if (!loosened.empty()) printf("  libseccomp cannot say all of:");
  for (const std::string& call : loosened) printf(" %s", call.c_str());
  if (!loosened.empty()) printf("\n");
  return programs;
}

std::vector<WeightedCall> recorded_by(const std::string& accelerator) {
  const std::string file = in_source_tree("profiles/qemu/weights/") + accelerator + ".weights";
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return expect(parse_weights(text, file, kX86), file);
}

Row machine_row(const ProfileSet& set, const std::string& machine, const std::string& accelerator,
                std::vector<NamedCall> calls) {
  return {"machine " + machine + ", phase run",
          run_policy(set, machine),
          actions_for(Mode::kEnforce),
          set.weights(),
          recorded_by(accelerator),
          std::move(calls)};
}

// The calls that a mean is made of, the dearest first.
void print_shares(const Row& row, const Programs& programs) {
  double all = 0;
  for (const WeightedCall& weighted : row.recorded) all += static_cast<double>(weighted.count);
  const auto share = [&](const Program& program, const WeightedCall& weighted) {
    return static_cast<double>(weighted.count) * steps_of({program}, weighted.call) / all;
  };
  std::vector<WeightedCall> calls = row.recorded;
  std::stable_sort(calls.begin(), calls.end(), [&](const auto& a, const auto& b) {
    return share(programs.ours, a) > share(programs.ours, b);
  });
  printf("  %-40s %8s %14s %22s\n", "share of the mean", "calls", "qsbx: steps",
         "libseccomp OPTIMIZE=2");
  for (const WeightedCall& call : calls) {
    if (share(programs.optimised, call) == 0 && share(programs.ours, call) == 0) continue;
    const auto& arguments = call.call.arguments;
    char text[64];
    snprintf(text, sizeof text, "%s %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64,
             call_name(call.call.number, row.policy.architecture()).c_str(), arguments[0],
             arguments[1], arguments[2], arguments[3]);
    printf("  %-40s %8" PRIu64 " %5.2f %8d %12.2f %9d\n", text, call.count,
           share(programs.ours, call), steps_of({programs.ours}, call.call),
           share(programs.optimised, call), steps_of({programs.optimised}, call.call));
  }
}

void count_machines(Limits& limits, bool by_call) {
  const ProfileSet set = shipped_profiles(kX86);
  const Row demo =
      machine_row(set, "demo", "tcg",
                  {named("futex", {"0", "FUTEX_WAKE|FUTEX_PRIVATE_FLAG"}), named("ppoll", {}),
                   named("mmap", {"0", "0", "PROT_READ|PROT_WRITE", "MAP_PRIVATE|MAP_ANONYMOUS"}),
                   named("clone", {kThread})});
  const Programs of_demo = compare(demo);
  const NamedCall kvm_run = named("ioctl", {"0", "KVM_RUN"});
  const Row kvm = machine_row(set, "kvm-virtio", "kvm",
                              {kvm_run, named("ioctl", {"0", "KVM_IRQ_LINE_STATUS"}),
                               named("futex", {"0", "FUTEX_WAKE|FUTEX_PRIVATE_FLAG"})});
  const Programs of_kvm = compare(kvm);
  const Row boot = {"phase boot",  boot_policy(set), actions_for(Mode::kEnforce),
                    set.weights(), kvm.recorded,     kvm.calls};
  const Programs of_boot = compare(boot);

  if (by_call) {
    print_shares(demo, of_demo);
    print_shares(kvm, of_kvm);
  }

  printf("\nrun on top of boot: mean, (no bm), steps of one call\n");
  for (const auto& [row, programs] : {std::pair(&demo, &of_demo), std::pair(&kvm, &of_kvm)}) {
    for (const auto& [label, stack] :
         {std::pair("qsbx", Stack{programs->ours, of_boot.ours}),
          std::pair("libseccomp", Stack{programs->plain, of_boot.plain}),
          std::pair("libseccomp OPTIMIZE=2", Stack{programs->optimised, of_boot.optimised})}) {
      printf("  %-36s %-22s %7.2f %7.2f", row->name.c_str(), label,
             weighted_mean(stack, row->recorded, steps_of),
             weighted_mean(stack, row->recorded, steps_without_bitmap));
      for (const NamedCall& call : row->calls) {
        printf("  %s: %d", call.text.c_str(), steps_of(stack, call.call));
      }
      printf("\n");
    }
  }

  printf("\nlimits\n");
  limits.check("ioctl(KVM_RUN), run alone", steps_of({of_kvm.ours}, kvm_run.call), 8);
  limits.check("ioctl(KVM_RUN), run and boot", steps_of({of_kvm.ours, of_boot.ours}, kvm_run.call),
               13);
  limits.check("demo machine: weighted mean, to libseccomp's OPTIMIZE=2 in percent",
               100 * weighted_mean({of_demo.ours}, demo.recorded, steps_of) /
                   weighted_mean({of_demo.optimised}, demo.recorded, steps_of),
               100.0 / 3);
}

void count_qemu_sandbox(Limits& limits) {
  const NamedCall thread = named("clone", {kThread});
  const Row row = {"QEMU's -sandbox on, all denied",
                   expect(qemu_sandbox_policy(), "QEMU's list"),
                   kOneDenial,
                   {},
                   recorded_by("tcg"),
                   {thread}};
  print_heading(row);
  const Program program = ours(row);
  print_program("qsbx", program, row);
  print_program("libseccomp", expect(libseccomp_deny_list(row.policy, 1), row.name), row);
  print_program("libseccomp OPTIMIZE=2", expect(libseccomp_deny_list(row.policy, 2), row.name),
                row);
  const Result<Program> installed = qemu_sandbox_program();
  if (installed.ok()) {
    print_program("a QEMU's own", *installed, row);
  } else {
    printf("  a QEMU's own: absent (%s)\n", installed.error().message.c_str());
  }
  printf("\nlimits\n");
  if (installed.ok()) {
    const auto difference =
        expect(find_difference_in_real_calls(*installed, row.policy), "QEMU's filter");
    limits.check_true("the policy means what QEMU's own filter does, for every call there is",
                      !difference);
  }
  limits.check("QEMU's list: instructions", static_cast<double>(program.size()), 66);
  limits.check("QEMU's list: a thread's clone", steps_of({program}, thread.call), 15);
}

struct Peer {
  std::string title;
  std::string file;
  std::string thread;  // Firecracker's
  Architecture architecture;
  double most;  // instructions; 0: no limit
};

const Peer kPeers[] = {
    {"Firecracker vmm, x86_64", "firecracker-x86_64.json", "vmm", kX86, 150},
    {"Firecracker vcpu, x86_64", "firecracker-x86_64.json", "vcpu", kX86, 90},
    {"Firecracker api, x86_64", "firecracker-x86_64.json", "api", kX86, 0},
    {"Firecracker vmm, aarch64", "firecracker-aarch64.json", "vmm", Architecture::kAarch64, 0},
    {"Firecracker vcpu, aarch64", "firecracker-aarch64.json", "vcpu", Architecture::kAarch64, 0},
    {"Firecracker api, aarch64", "firecracker-aarch64.json", "api", Architecture::kAarch64, 0},
    {"OCI default, x86_64", "oci-default.json", "", kX86, 0},
    {"OCI default, aarch64", "oci-default.json", "", Architecture::kAarch64, 0},
};

std::vector<NamedCall> calls_of(const Peer& peer) {
  if (peer.thread == "vcpu") return {named("ioctl", {"0", "KVM_RUN"}, peer.architecture)};
  if (peer.thread.empty()) {
    return {named("clone", {kThread}, peer.architecture),
            named("socket", {"AF_INET"}, peer.architecture)};
  }
  return {named("ioctl", {"0", "FIONBIO"}, peer.architecture)};
}

void count_peers(const std::string& folder, Limits& limits) {
  for (const Peer& peer : kPeers) {
    const std::string file = folder + "/" + peer.file;
    if (folder.empty() || !std::filesystem::exists(file)) {
      printf("\n%s: absent (%s; see --peers)\n", peer.title.c_str(), peer.file.c_str());
      continue;
    }
    const Row row = {
        peer.title,
        expect(peer.thread.empty() ? oci_policy(file, peer.architecture)
                                   : firecracker_policy(file, peer.thread, peer.architecture),
               file),
        kOneDenial,
        {},
        {},
        calls_of(peer)};
    const Programs programs = compare(row);
    const auto difference =
        expect(find_difference(programs.plain, row.policy, row.actions), peer.title);
    printf("  libseccomp's program %s\n",
           difference ? "does not mean the same everywhere" : "is proven to mean the same");
    if (peer.most != 0) {
      limits.check(peer.title + ": instructions", static_cast<double>(programs.ours.size()),
                   peer.most);
    }
  }
}

int main(int argc, char** argv) {
  CLI::App app{"What filters cost, in instructions"};
  bool check = false;
  bool by_call = false;
  const char* environment = getenv("QSBX_PEERS");
  std::string peers = environment == nullptr ? "" : environment;
  app.add_flag("--check", check, "Fail when a limit is missed");
  app.add_flag("--by-call", by_call, "Show what the weighted means are made of");
  app.add_option("--peers", peers, "A folder with other systems' policies; $QSBX_PEERS");
  CLI11_PARSE(app, argc, argv);
  Limits limits;
  count_machines(limits, by_call);
  count_qemu_sandbox(limits);
  count_peers(peers, limits);
  printf("\n%d limits missed\n", limits.missed());
  return check && limits.missed() > 0 ? 1 : 0;
}

}  // namespace
}  // namespace qsbx::bench

int main(int argc, char** argv) { return qsbx::bench::main(argc, argv); }
