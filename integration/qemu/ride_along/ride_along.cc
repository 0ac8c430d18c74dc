// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Loaded into an unmodified QEMU by `qsbx run`, before QEMU's own code runs.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#include "integration/qemu/ride_along/guest_start.h"
#include "integration/qemu/ride_along/last_words.h"
#include "integration/qemu/ride_along/monitor_end.h"
#include "integration/qemu/ride_along/serving_start.h"
#include "integration/qemu/ride_along/settings.h"
#include "integration/qemu/ride_along/thread_names.h"
#include "src/machine/process_command.h"
#include "src/machine/storage_program.h"

namespace qsbx {
namespace {

// Stays for ever: its thread may outlive main().
GuestStart& guest_start() {
  static GuestStart* const instance = new GuestStart;
  return *instance;
}

std::vector<std::string> own_command_line() {
  auto command = command_of_process(getpid());
  return command ? std::move(command).value() : std::vector<std::string>();
}

std::vector<std::string> without_added(std::vector<std::string> arguments, int added) {
  if (arguments.size() <= static_cast<size_t>(added)) return arguments;
  arguments.erase(arguments.begin() + 1, arguments.begin() + 1 + added);
  return arguments;
}

// Programs that QEMU starts are none of our business.
void clean_environment(const RideAlongSettings& settings) {
  unsetenv(kRideAlongVariable);
  if (settings.preload.empty()) {
    unsetenv("LD_PRELOAD");
  } else {
    setenv("LD_PRELOAD", settings.preload.c_str(), 1);
  }
}

bool keep_broker_socket(const RideAlongSettings& settings) {
  return settings.broker_socket < 0 || fcntl(settings.broker_socket, F_SETFD, FD_CLOEXEC) == 0;
}

bool keep_promised_socket(const RideAlongSettings& settings) {
  if (dup3(settings.qemu_socket, settings.promised_socket, O_CLOEXEC) < 0) return false;
  close(settings.qemu_socket);
  return fcntl(settings.own_socket, F_SETFD, FD_CLOEXEC) == 0 &&
         fcntl(settings.monitor_config, F_SETFD, FD_CLOEXEC) == 0;
}

void* run(void*) {
  guest_start().run();
  return nullptr;
}

// Called from a thread of QEMU's, whose signals are none of this thread's.
void start_thread() {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int failed = pthread_create(&thread, nullptr, run, nullptr);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failed) {
    std::fputs("qsbx: error: no thread for the lockdown; QEMU ends, its guest has not run\n",
               stderr);
    exit(1);
  }
  pthread_setname_np(thread, "qsbx");
  pthread_detach(thread);
}

// Registered before any of QEMU's, so that it is the last to run.
void end_with_failure() {
  if (!guest_start().failed()) return;
  std::fflush(nullptr);
  _exit(1);
}

[[noreturn]] void refuse(const std::string& message) {
  std::fprintf(stderr, "qsbx: error: %s; QEMU does not start\n", message.c_str());
  let_libvirt_hear(own_command_line());
  _exit(1);
}

// These programs have no option that lets their threads have names.
Status name_threads() {
  auto* const naming = reinterpret_cast<void (*)(bool)>(dlsym(RTLD_DEFAULT, "qemu_thread_naming"));
  if (naming == nullptr) {
    return Error{ErrorCode::kUsage, "its threads cannot be told apart here; leave --roles out"};
  }
  naming(true);
  return Done{};
}

Status prepare_serving(const RideAlongSettings& settings,
                       const std::vector<std::string>& command_line) {
  const bool for_roles = settings.roles == kRolesOn;
  if (for_roles || settings.mode == kModeOff) {
    if (auto named = name_threads(); !named && for_roles) return named;
  }
  return serving_start().prepare(settings, command_line);
}

void ride_along_server(const RideAlongSettings& settings,
                       const std::vector<std::string>& command_line) {
  monitor_end().let_guest_run();  // what is sent and received is none of ours
  auto prepared = prepare_serving(settings, command_line);
  if (!prepared && !serving_start().only_audits()) refuse(prepared.error().to_string());
  if (!prepared) serving_start().do_without(prepared.error());
}

void ride_along_emulator(const RideAlongSettings& settings,
                         const std::vector<std::string>& command_line) {
  if (!keep_promised_socket(settings)) refuse("the sockets of 'qsbx run' are not there");
  auto prepared = guest_start().prepare(settings, command_line);
  if (!prepared && !guest_start().only_audits()) refuse(prepared.error().to_string());
  if (!prepared) guest_start().report_failure(prepared.error());
  atexit(end_with_failure);
  monitor_end().keep_others_silent(prepared.ok());
  monitor_end().attach(settings.promised_socket, start_thread);
}

__attribute__((constructor)) void ride_along() {
  const char* text = getenv(kRideAlongVariable);
  if (text == nullptr) return;  // not started by `qsbx run`
  auto settings = ride_along_settings_from(text);
  if (!settings) refuse(settings.error().message);
  clean_environment(*settings);
  if (!keep_broker_socket(*settings)) refuse("the socket of the broker is not there");
  names_tell_roles = settings->roles == kRolesOn;
  const auto command_line = without_added(own_command_line(), settings->added_arguments);
  if (storage_program(command_line.empty() ? "" : command_line[0]).empty()) {
    ride_along_emulator(*settings, command_line);
  } else {
    ride_along_server(*settings, command_line);
  }
}

}  // namespace
}  // namespace qsbx
