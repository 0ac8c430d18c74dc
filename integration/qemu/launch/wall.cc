// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The wall is put up before QEMU is started, while this process has one thread: whatever threads
// QEMU makes are behind it, on every kernel that has Landlock. So all that QEMU needs at its start
// has to be let through as well as what it needs later.
#include "integration/qemu/launch/wall.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "integration/qemu/launch/qemu_binary.h"
#include "src/lockdown/sandbox.h"
#include "src/machine/wall_plan.h"

namespace qsbx {
namespace {

void say_line(const std::string& text) { std::fprintf(stderr, "qsbx: %s\n", text.c_str()); }

std::string variable(const char* name) {
  const char* value = getenv(name);
  return value ? value : "";
}

HostFolders host_folders() {
  return {variable("TMPDIR"), variable("HOME"), variable("XDG_RUNTIME_DIR"), variable("XAUTHORITY"),
          variable("LD_LIBRARY_PATH")};
}

// A QEMU outside /usr has libraries, modules and firmware next to it, in PREFIX/bin/.. or in its
// build folder; not the whole of that folder, which may be somebody's home.
std::vector<std::string> folders_next_to(const std::string& qemu) {
  std::error_code error;
  const auto folder = std::filesystem::canonical(qemu, error).parent_path();
  std::vector<std::string> next;
  for (const char* name : {"pc-bios", "qemu-bundle", "../pc-bios"}) next.push_back(folder / name);
  if (folder.filename() != "bin") return next;
  for (const char* name : {"../share", "../lib", "../lib64", "../etc/qemu"}) {
    next.push_back(folder / name);
  }
  return next;
}

Status make_file(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) == 0) return Done{};
  const int made = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (made < 0 && errno != EEXIST) {
    return Error{ErrorCode::kUsage,
                 "cannot make '" + path +
                     "', which QEMU could not make behind the wall: " + std::strerror(errno),
                 errno};
  }
  if (made >= 0) close(made);
  return Done{};
}

Status remove_socket(const std::string& path) {
  struct stat file = {};
  if (lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return Done{};
  if (unlink(path.c_str()) == 0) return Done{};
  return Error{ErrorCode::kUsage,
               "cannot remove the socket '" + path +
                   "', which QEMU could not replace behind the "
                   "wall: " +
                   std::strerror(errno),
               errno};
}

Status make_files(const QemuWall& wall) {
  for (const std::string& path : wall.made_files) {
    if (Status made = make_file(path); !made) return made;
  }
  return Done{};
}

// When nothing else can go wrong: a socket may be in use by the QEMU that runs.
Status remove_sockets(const QemuWall& wall) {
  for (const std::string& path : wall.made_sockets) {
    if (Status removed = remove_socket(path); !removed) return removed;
  }
  return Done{};
}

void add_own(QemuWall& wall, const RunOptions& options, const WallExtras& extras) {
  std::vector<WallPath>& paths = wall.plan.paths;
  paths.push_back({extras.qemu, PathUse::kRun});
  if (const std::string linker = dynamic_linker_of(extras.qemu); !linker.empty()) {
    paths.push_back({linker, PathUse::kRun});
  }
  for (const std::string& folder : folders_next_to(extras.qemu)) {
    paths.push_back({folder, PathUse::kRead, true});
  }
  paths.push_back({extras.ride_along, PathUse::kRead});
  for (const std::string& library : extras.preload) {
    paths.push_back({library, PathUse::kRead, true});
  }
  const std::string profiles =
      options.profiles.empty() ? default_profile_folder() : options.profiles;
  paths.push_back({profiles, PathUse::kRead, true});  // the lockdown says that it is not there
  if (!options.report_file.empty()) {
    wall.made_files.push_back(options.report_file);
    paths.push_back({options.report_file, PathUse::kReadWrite, true});
  }
  for (const std::string& path : options.let_read) paths.push_back({path, PathUse::kRead});
  for (const std::string& path : options.let_write) paths.push_back({path, PathUse::kOwn});
}

Result<QemuWall> plan_wall(const RunOptions& options, const WallExtras& extras) {
  auto line = read_command_line(options.command);
  if (!line) return line.error();
  QemuWall wall = wall_of_options(*line);
  add_host_paths(wall, *line, host_folders());
  add_own(wall, options, extras);
  // Where a guest goes is said when it goes.
  if (std::ranges::count(options.features, "migration") > 0) wall.plan.tcp_connect = true;
  for (const auto* unknown : {&line->missing, &line->unread}) {
    for (const std::string& text : *unknown) {
      wall.notes.push_back("nothing is let through for what is not understood: " + text);
    }
  }
  return wall;
}

std::string tcp_text(const WallPlan& plan) {
  if (plan.tcp_bind && plan.tcp_connect) return "any TCP";
  if (plan.tcp_bind) return "TCP servers only";
  return plan.tcp_connect ? "TCP clients only" : "no TCP";
}

std::string describe(const Wall& wall, const WallPlan& plan) {
  std::string text = "Landlock wall (ABI " + std::to_string(wall.abi()) +
                     "): " + std::to_string(plan.paths.size()) + " paths, " + tcp_text(plan) +
                     "; not covered:";
  const char* separator = " ";
  for (const std::string& gap : wall.gaps()) {
    text += separator + gap;
    separator = "; ";
  }
  return text;
}

}  // namespace

Result<std::string> put_up_wall(const RunOptions& options, const WallExtras& extras) {
  // Before files are made for nothing.
  if (auto abi = landlock_abi(running_kernel()); !abi) return abi.error();
  auto planned = plan_wall(options, extras);
  if (!planned) return planned.error();
  if (Status made = make_files(*planned); !made) return made.error();
  auto wall = Wall::prepare(running_kernel(), planned->plan);
  if (!wall) return wall.error();
  if (Status removed = remove_sockets(*planned); !removed) return removed.error();
  if (Status up = wall->put_up(); !up) return up.error();
  const std::string text = describe(*wall, planned->plan);
  for (const std::string& note : planned->notes) say_line("note: " + note);
  say_line(text);
  return text;
}

}  // namespace qsbx
