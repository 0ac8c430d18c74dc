// SPDX-License-Identifier: LGPL-2.1-or-later
//
// QEMU is started with one more QMP monitor, whose other end the preloaded library holds, and
// stopped (-S); the library lets the guest start when the lockdown is in force. No process stays
// behind.
//
// The monitor is described in a file (-readconfig), since -mon on the command line would switch
// off the monitor that QEMU has by default. Our arguments come first, so that they cannot become
// the value of a last option that lacks one.
#include "integration/qemu/launch/run.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "integration/qemu/launch/broker_process.h"
#include "integration/qemu/launch/qemu_binary.h"
#include "integration/qemu/launch/wall.h"
#include "integration/qemu/ride_along/settings.h"
#include "src/lockdown/sandbox.h"
#include "src/machine/process_command.h"
#include "src/machine/storage_program.h"

namespace qsbx {
namespace {

constexpr int kBadInput = 2;
constexpr int kMachineLacks = 3;

// Above what QEMU opens before it looks at the number.
constexpr int kPromisedSocket = 200;

Error lacking(const std::string& what) {
  return Error{ErrorCode::kKernel, what + ": " + std::strerror(errno), errno};
}

// In the folder of an installation that this program is in, or next to it where it was built.
Result<std::string> find_library() {
  const std::filesystem::path folder = own_folder();
  for (const auto& candidate : {folder / QSBX_RIDE_ALONG_FROM_BIN, folder / QSBX_RIDE_ALONG_FILE}) {
    const std::string path = candidate.lexically_normal().string();
    if (access(path.c_str(), R_OK) != 0) continue;
    if (path.find_first_of(": ") == std::string::npos) return path;
    return Error{ErrorCode::kUsage, "the dynamic linker takes no ':' or ' ' in the path " + path +
                                        "; install qsbx elsewhere"};
  }
  return Error{ErrorCode::kUsage,
               std::string("the library that rides along with QEMU, ") + QSBX_RIDE_ALONG_FILE +
                   ", is neither at " +
                   (folder / QSBX_RIDE_ALONG_FROM_BIN).lexically_normal().string() +
                   " nor next to the qsbx program; install it"};
}

// A number that is not open now.
Result<int> promise_socket(int like) {
  int number = fcntl(like, F_DUPFD, kPromisedSocket);
  if (number < 0) number = fcntl(like, F_DUPFD, 0);
  if (number < 0) return lacking("no file descriptor is left for QEMU's monitor");
  close(number);
  return number;
}

Result<int> write_monitor_config(int promised_socket) {
  const std::string name = std::string("\"") + kRideAlongMonitor + "\"";
  const std::string text = "[chardev " + name + "]\n  backend = \"socket\"\n  fd = \"" +
                           std::to_string(promised_socket) + "\"\n[mon " + name +
                           "]\n  chardev = " + name + "\n  mode = \"control\"\n";
  const int file = memfd_create("qsbx-monitor", 0);
  if (file < 0) return lacking("no memory file for the description of QEMU's monitor");
  if (write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      lseek(file, 0, SEEK_SET) == 0) {
    return file;
  }
  return lacking("cannot describe QEMU's monitor");
}

// Descriptors 0 to 2 that are closed would become ours, and QEMU's output go there.
Status open_standard_descriptors() {
  for (;;) {
    const int file = open("/dev/null", O_RDWR);
    if (file < 0) return lacking("cannot open /dev/null");
    if (file <= STDERR_FILENO) continue;
    close(file);
    return Done{};
  }
}

Status open_descriptors(RideAlongSettings& settings) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
    return lacking("no socket for QEMU's monitor");
  }
  settings.qemu_socket = ends[0];
  settings.own_socket = ends[1];
  auto promised = promise_socket(ends[0]);
  if (!promised) return promised.error();
  settings.promised_socket = *promised;
  auto config = write_monitor_config(*promised);
  if (!config) return config.error();
  settings.monitor_config = *config;
  return Done{};
}

void preload(const std::string& library, RideAlongSettings& settings) {
  const char* before = getenv("LD_PRELOAD");
  settings.preload = before ? before : "";
  const std::string value = settings.preload.empty() ? library : library + ":" + settings.preload;
  setenv("LD_PRELOAD", value.c_str(), 1);
}

// The dynamic linker takes both.
std::vector<std::string> split_preload(const std::string& names) {
  std::vector<std::string> split;
  std::string rest = names;
  std::replace(rest.begin(), rest.end(), ':', ' ');
  std::istringstream words(rest);
  for (std::string word; words >> word;) split.push_back(word);
  return split;
}

Status check_wall_options(const RunOptions& options) {
  if (!options.landlock && !(options.let_read.empty() && options.let_write.empty())) {
    return Error{ErrorCode::kUsage, "--let-read and --let-write need --landlock"};
  }
  if (options.landlock && options.mode == "audit") {
    return Error{ErrorCode::kUsage,
                 "--landlock refuses what mode audit promises to let run; use mode errno or "
                 "enforce, or leave it out"};
  }
  return Done{};
}

Status become_qemu(const std::string& path, const std::vector<std::string>& command,
                   const RideAlongSettings& settings, const std::vector<std::string>& added) {
  std::vector<char*> arguments = {const_cast<char*>(command[0].c_str())};
  for (const auto& argument : added) arguments.push_back(const_cast<char*>(argument.c_str()));
  for (size_t i = 1; i < command.size(); ++i) {
    arguments.push_back(const_cast<char*>(command[i].c_str()));
  }
  arguments.push_back(nullptr);
  setenv(kRideAlongVariable, to_text(settings).c_str(), 1);
  execv(path.c_str(), arguments.data());
  return lacking("cannot start " + path);
}

Status add_broker(const RunOptions& options, RideAlongSettings& settings) {
  if (options.opens.empty()) return Done{};
  if (options.mode == mode_name(Mode::kAudit)) {
    return Error{ErrorCode::kUsage, "mode audit lets every open run; leave --open out"};
  }
  OpenList list;
  std::vector<std::string> opens = options.opens;
  opens.emplace_back("/dev/null:rw");  // by which QEMU finds out how files are locked
  for (const std::string& path : opens) {
    if (auto added = list.add(path); !added) return added;
  }
  auto broker = start_broker(list);
  if (!broker) return broker.error();
  settings.broker_socket = broker->socket;
  settings.broker_process = broker->process;
  return Done{};
}

RideAlongSettings settings_of(const RunOptions& options) {
  RideAlongSettings settings;
  settings.mode = options.observed ? kModeOff : options.mode;
  settings.features = options.features;
  settings.report_file = options.report_file;
  settings.profiles = options.profiles;
  settings.roles = options.roles ? kRolesOn : "";
  return settings;
}

// Names tell what the threads are for. The user's own -name comes later, and wins.
std::vector<std::string> arguments_for(const RunOptions& options,
                                       const RideAlongSettings& settings) {
  std::vector<std::string> added = {"-S", "-readconfig",
                                    "/proc/self/fd/" + std::to_string(settings.monitor_config)};
  if (options.observed || options.roles) added.insert(added.end(), {"-name", "debug-threads=on"});
  return added;
}

// It has no monitor for us, and no option is added to its own.
Status become_server(const std::string& path, const RunOptions& options, RideAlongSettings settings,
                     const std::string& library) {
  if (options.landlock) {
    return Error{ErrorCode::kUsage,
                 "--landlock reads the options of an emulator only; leave it out for " +
                     storage_program(options.command[0])};
  }
  if (auto added = add_broker(options, settings); !added) return added;
  preload(library, settings);
  return become_qemu(path, options.command, settings, {});
}

Status run(const RunOptions& options) {
  if (auto opened = open_standard_descriptors(); !opened) return opened;
  if (options.command.empty()) {
    return Error{ErrorCode::kUsage, "no QEMU to run; say 'qsbx run -- qemu-system-x86_64 ...'"};
  }
  if (!options.observed) {
    if (auto mode = mode_from_string(options.mode); !mode) return mode.error();
  }
  if (auto sensible = check_wall_options(options); !sensible) return sensible;
  auto path = find_program(options.command[0]);
  if (!path) return path.error();
  if (auto rides = check_loads_libraries(*path); !rides) return rides;
  auto library = find_library();
  if (!library) return library.error();

  RideAlongSettings settings = settings_of(options);
  if (!storage_program(options.command[0]).empty()) {
    return become_server(*path, options, settings, *library);
  }
  if (auto opened = open_descriptors(settings); !opened) return opened;
  if (auto added = add_broker(options, settings); !added) return added;
  preload(*library, settings);
  const std::vector<std::string> added = arguments_for(options, settings);
  settings.added_arguments = static_cast<int>(added.size());
  if (options.landlock) {
    auto wall = put_up_wall(options, {*path, *library, split_preload(settings.preload)});
    if (!wall) return wall.error();
    settings.wall = *wall;
  }
  return become_qemu(*path, options.command, settings, added);
}

}  // namespace

int run_command(const RunOptions& options) {
  const auto failed = run(options);
  std::fprintf(stderr, "qsbx: error: %s\n", failed.error().to_string().c_str());
  return failed.error().code == ErrorCode::kKernel ? kMachineLacks : kBadInput;
}

}  // namespace qsbx
