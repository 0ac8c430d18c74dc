// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx virt enable and disable: change a guest's definition, and never a guest that runs.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "integration/libvirt/connection.h"
#include "integration/libvirt/definition.h"
#include "integration/libvirt/domain.h"
#include "integration/libvirt/host_configuration.h"
#include "integration/libvirt/known_features.h"
#include "integration/libvirt/libvirt_daemon.h"
#include "integration/libvirt/patched_qemu.h"
#include "integration/libvirt/qemu_request.h"
#include "integration/libvirt/refresh.h"
#include "integration/libvirt/shell_words.h"
#include "integration/libvirt/virt_commands.h"
#include "integration/libvirt/virt_report.h"
#include "integration/qemu/launch/qemu_binary.h"
#include "src/errors/text.h"
#include "src/lockdown/sandbox.h"
#include "src/machine/process_command.h"

namespace qsbx {
namespace {

namespace fs = std::filesystem;

struct EnableOptions {
  std::string guest;
  std::string mode, roles;
  std::vector<std::string> features;
  bool mode_given = false, roles_given = false, features_given = false;
  bool dry_run = false;
};

// Takes back what a guest declares.
constexpr char kAsTheHost[] = "host";
// What CLI11 makes of a flag without a value.
constexpr char kFlagAlone[] = "true";
constexpr char kBuiltIn[] =
    "the guest's QEMU has the lockdown built in, and is told by -sandbox in its <qemu:commandline>";

Error wrong(const std::string& why) { return Error{ErrorCode::kUsage, why}; }

bool same_file(const std::string& one, const std::string& other) {
  std::error_code error;
  return fs::equivalent(one, other, error);
}

// The QEMU of the launcher's name; empty where it is not installed.
std::string installed_qemu(const std::string& launcher) {
  const auto name = qemu_name_of(launcher);
  if (!name) return "";
  for (const fs::path& folder : {fs::path(launcher).parent_path(), fs::path("/usr/bin")}) {
    if (const auto found = find_program(folder / *name)) return *found;
  }
  return "";
}

// A configuration that leads to no QEMU is a reason to disable guests, not one to leave them so.
Result<std::string> qemu_instead_of(const std::string& launcher) {
  auto configured = qemu_behind(launcher);
  if (configured) return configured;
  const std::string& why = configured.error().message;
  const std::string installed = installed_qemu(launcher);
  if (installed.empty()) {
    return wrong(why + "; give the guest the <emulator> that it is to have (virsh edit)");
  }
  say("the emulator becomes " + installed + ", since " + why);
  return installed;
}

std::string launcher_named_after(const fs::path& program) {
  return fs::path(own_folder()) / (program.filename().string() + kLauncherEnding);
}

bool can_be_started(const std::string& program) { return access(program.c_str(), X_OK) == 0; }

// Named after the emulator, or after what that links to, as Debian's /usr/bin/kvm does.
std::string launcher_by_name(const std::string& emulator) {
  std::string launcher = launcher_named_after(emulator);
  if (can_be_started(launcher)) return launcher;
  std::error_code error;
  const fs::path program = fs::canonical(emulator, error);
  return error ? launcher : launcher_named_after(program);
}

// The launcher that starts the guest's own QEMU, and no other.
Result<std::string> launcher_for(const Domain& domain) {
  if (domain.has_launcher()) return domain.emulator;
  const std::string launcher = launcher_by_name(domain.emulator);
  if (!can_be_started(launcher)) {
    return wrong("there is no launcher " + launcher + " for the guest's emulator " +
                 domain.emulator + "; install qsbx-libvirt, or link it to one that is there");
  }
  const auto qemu = qemu_behind(launcher);
  if (!qemu) return qemu.error();
  if (same_file(*qemu, domain.emulator)) return launcher;
  return wrong("the launcher would start " + *qemu + ", and the guest's emulator is " +
               domain.emulator + "; set qemu= in " + kHostConfigurationFile +
               ", or the guest's <emulator>, so that they are the same");
}

// `whose` begins the message.
Status check_features(const std::set<std::string>& features, const std::string& profiles,
                      const std::string& whose) {
  const auto set = profiles_of_host(profiles);
  if (!set) return set.error();
  const Status known = check_known(features, *set);
  return known ? known : wrong(whose + ": " + known.error().message);
}

// What would keep the guest from starting is said now.
Status check_startable(const std::string& xml) {
  const auto domain = read_domain(xml);
  if (!domain) return domain.error();
  const auto host = configuration_for(getuid());
  if (!host) return host.error();
  const auto protection = decide(host->standard, host->bounds, domain->declaration);
  if (!protection) return protection.error();
  return check_features(protection->features, host->profiles, "the guest's <qsbx:sandbox>");
}

std::set<std::string> features_from(const EnableOptions& options) {
  std::set<std::string> features(options.features.begin(), options.features.end());
  features.erase("none");
  return features;
}

DeclarationChange change_from(const EnableOptions& options) {
  DeclarationChange change;
  if (options.mode_given) change.mode = options.mode == kAsTheHost ? "" : options.mode;
  if (options.roles_given) change.roles = options.roles == kAsTheHost ? "" : options.roles;
  if (options.features_given) change.features = features_from(options);
  return change;
}

Status check_mode_option(const EnableOptions& options) {
  if (!options.mode_given || options.mode == kAsTheHost) return Done{};
  const auto mode = mode_from_string(options.mode);
  if (mode) return Done{};
  return wrong("--mode: " + mode.error().message + ", and host is the host's");
}

Status check_roles_option(const EnableOptions& options) {
  if (!options.roles_given || options.roles == kAsTheHost) return Done{};
  const auto roles = switch_from_string(options.roles);
  if (roles) return Done{};
  return wrong("--roles=: " + roles.error().message + ", nor host, which is the host's");
}

Status check_allow_option(const EnableOptions& options) {
  if (!options.features_given) return Done{};
  const auto host = configuration_for(getuid());
  if (!host) return host.error();
  return check_features(features_from(options), host->profiles, "--allow");
}

// So that nobody looks in the guest's metadata for what the options have.
Status check_options(const EnableOptions& options) {
  if (Status mode = check_mode_option(options); !mode) return mode;
  if (Status roles = check_roles_option(options); !roles) return roles;
  return check_allow_option(options);
}

Result<ChangedDefinition> enabled_by(const EnableOptions& options, const std::string& xml) {
  if (Status usable = check_options(options); !usable) return usable.error();
  const auto domain = read_domain(xml);
  if (!domain) return domain.error();
  const auto patched = lockdown_in(domain->arguments);
  if (!patched) return patched.error();
  if (*patched) {
    return wrong(std::string(kBuiltIn) + "; change that (virsh edit)");
  }
  const auto launcher = launcher_for(*domain);
  if (!launcher) return launcher.error();
  auto changed = enabled(xml, *launcher, change_from(options));
  if (!changed) return changed;
  if (Status startable = check_startable(changed->after); !startable) return startable.error();
  return changed;
}

void tell_of_built_in_lockdown(const Domain& domain) {
  const auto patched = lockdown_in(domain.arguments);
  if (patched && !*patched) return;
  say(std::string(kBuiltIn) + ", which stays; take lockdown= out of that (virsh edit)");
}

// Metadata that are malformed are what one may want to be rid of, so only the emulator is read.
Result<ChangedDefinition> disabled_by(const EnableOptions&, const std::string& xml) {
  auto bare = disabled(xml, "");
  if (!bare) return bare;
  const auto domain = read_domain(bare->after);
  if (!domain) return domain.error();
  tell_of_built_in_lockdown(*domain);
  if (!domain->has_launcher()) return bare;
  const auto qemu = qemu_instead_of(domain->emulator);
  if (!qemu) return qemu.error();
  return disabled(xml, *qemu);
}

struct Change {
  Result<ChangedDefinition> (*make)(const EnableOptions&, const std::string& xml);
  // What keeps a guest from starting as it was before.
  std::string against_former;
};

std::string bringing_back(int snapshots) {
  if (snapshots == 1) return "a snapshot brings its own definition back when it is reverted to";
  return std::to_string(snapshots) +
         " snapshots bring their own definitions back when they are reverted to";
}

Status tell_of_former_states(virDomainPtr domain, const std::string& guest, const Change& change) {
  const auto former = former_states_of(domain);
  if (!former) return former.error();
  if (former->saved) {
    say("it has a saved state, and starts from that as it was then: virsh managedsave-remove " +
        as_last_argument(guest) + " (which loses that state), or managedsave-edit" +
        change.against_former);
  }
  if (former->snapshots > 0) say(bringing_back(former->snapshots) + change.against_former);
  return Done{};
}

Status carry_out(const EnableOptions& options, const Change& change) {
  const auto connection = Connection::open(daemon_of(getuid()).uri, false);
  if (!connection) return connection.error();
  const auto domain = connection->find_defined(options.guest);
  if (!domain) return domain.error();
  const auto xml = definition_of(domain->get());
  if (!xml) return xml.error();
  const auto changed = change.make(options, *xml);
  if (!changed) return changed.error();
  const Status told = tell_of_former_states(domain->get(), options.guest, change);
  if (!told) return told.error();
  if (!changed->differs()) {
    say("nothing to change");
    return Done{};
  }
  const auto text = difference(*changed, options.guest);
  if (!text) return text.error();
  std::cout << *text;
  if (options.dry_run) return Done{};
  if (is_running(domain->get())) {
    say("it runs, and is as it was until it is shut down and started; what is saved or migrated "
        "of it until then stays so");
  }
  return connection->define(changed->after);
}

int run_change(const EnableOptions& options, const Change& change) {
  const Status done = carry_out(options, change);
  return done ? kDone : report(done.error());
}

std::shared_ptr<EnableOptions> add_common_options(CLI::App& command) {
  auto options = std::make_shared<EnableOptions>();
  command.add_option("NAME", options->guest, "The guest")->required()->type_name("");
  command.add_flag("--dry-run", options->dry_run, "Show the change only");
  return options;
}

}  // namespace

void add_enable_command(CLI::App& app, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("enable", "Have a guest start under lockdown from its next start on");
  auto options = add_common_options(*command);
  CLI::Option* mode =
      command->add_option("--mode", options->mode, "As it was when absent; host for the host's")
          ->type_name("MODE:{enforce,errno,audit,host}");
  CLI::Option* features =
      command
          ->add_option("--allow", options->features,
                       "What a manager may do later, such as hotplug-disk; none for nothing")
          ->type_name("FEATURE[,FEATURE]")
          ->delimiter(',')
          ->allow_extra_args(false);
  CLI::Option* roles = command->add_flag(
      "--roles", options->roles,
      "Threads have policies by their roles; --roles=off for none, --roles=host for the host's");
  command->callback([options, mode, roles, features, &exit_status] {
    options->mode_given = mode->count() > 0;
    options->roles_given = roles->count() > 0;
    if (options->roles == kFlagAlone) options->roles = "on";
    options->features_given = features->count() > 0;
    exit_status = run_change(
        *options, {enabled_by, std::string("; require=yes in ") + kHostConfigurationFile +
                                   " lets no guest start without lockdown"});
  });
}

void add_disable_command(CLI::App& app, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("disable", "Have a guest start without lockdown from its next start on");
  auto options = add_common_options(*command);
  command->callback([options, &exit_status] {
    exit_status = run_change(*options, {disabled_by, ""});
  });
}

}  // namespace qsbx
