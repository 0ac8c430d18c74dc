// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/hand_over.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "integration/libvirt/host_configuration.h"
#include "integration/libvirt/key_file.h"
#include "src/errors/text.h"
#include "src/lockdown/sandbox.h"
#include "src/lockdown/violation_report.h"

namespace qsbx {
namespace {

constexpr char kGroup[] = "guest";

Error failed(const std::string& what, int error) {
  return Error{ErrorCode::kUsage, what + ": " + std::strerror(error), error};
}

std::string file_for(const std::string& folder, const std::string& uuid) {
  return folder + "/" + uuid + ".conf";
}

std::string text_of(const Declaration& declared) {
  std::string text = std::string("[") + kGroup + "]\n";
  if (declared.mode) text += "mode=" + std::string(mode_name(*declared.mode)) + "\n";
  if (declared.roles) text += std::string("roles=") + (*declared.roles ? "on" : "off") + "\n";
  std::string features;
  for (const std::string& feature : declared.features) features += feature + ";";
  return text + "allow=" + features + "\n";
}

// Everybody may read it, whatever the umask: QEMU has a user of its own.
Status write_whole(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file < 0) return failed("cannot make " + path, errno);
  const bool written = fchmod(file, 0644) == 0 &&
                       write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  close(file);
  if (written) return Done{};
  unlink(path.c_str());
  return failed("cannot write " + path, error);
}

Status make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return failed("cannot make the folder " + folder, error.value());
  for (const auto& path : {std::filesystem::path(folder).parent_path().string(), folder}) {
    if (chmod(path.c_str(), 0755) != 0) return failed("cannot open " + path + " to others", errno);
  }
  return Done{};
}

Status check_owner(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return failed("cannot look at " + path, errno);
  const bool trusted = file.st_uid == 0 || file.st_uid == getuid();
  if (trusted && (file.st_mode & (S_IWGRP | S_IWOTH)) == 0) return Done{};
  return Error{ErrorCode::kUsage, path +
                                      " can be written by others than who runs libvirt; remove "
                                      "it, and start the guest again"};
}

Result<Declaration> declaration_in(KeyFile& file) {
  Declaration declared;
  if (const auto text = file.take(kGroup, "mode")) {
    const auto mode = mode_from_string(*text);
    if (!mode) return Error{ErrorCode::kUsage, file.name() + ": " + mode.error().message};
    declared.mode = *mode;
  }
  if (const auto text = file.take(kGroup, "roles")) {
    const auto roles = switch_from_string(*text);
    if (!roles) return Error{ErrorCode::kUsage, file.name() + ": " + roles.error().message};
    declared.roles = *roles;
  }
  const auto features = file.take_list(kGroup, "allow");
  if (!features) {  // the last line that is written
    return Error{ErrorCode::kUsage, file.name() + " is not complete; start the guest again"};
  }
  declared.features = *features;
  if (Status known = file.check_all_taken(); !known) return known.error();
  return declared;
}

// Nothing where there is no file.
Result<std::optional<Declaration>> read_declaration(const std::string& path) {
  auto file = KeyFile::read_if_there(path);
  if (!file) return file.error();
  if (!*file) return std::optional<Declaration>();
  if (Status owned = check_owner(path); !owned) return owned.error();
  auto declared = declaration_in(**file);
  if (!declared) return declared.error();
  return std::optional<Declaration>(std::move(declared).value());
}

bool is_folder_of(const std::string& path, uid_t user) {
  struct stat file = {};
  return stat(path.c_str(), &file) == 0 && S_ISDIR(file.st_mode) && file.st_uid == user;
}

}  // namespace

std::string hand_over_folder(uid_t user) {
  if (user == 0) return kHandOverFolder;
  const std::string runtime = "/run/user/" + std::to_string(user);
  if (is_folder_of(runtime, user)) return runtime + "/qsbx/libvirt";
  const std::string home = home_of(user);
  return home.empty() ? "" : home + "/.cache/qsbx/libvirt";
}

Result<std::string> uuid_from_string(const std::string& text) {
  constexpr const char* kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  std::string uuid;
  bool formed = text.size() == std::strlen(kForm);
  for (size_t i = 0; formed && i < text.size(); ++i) {
    formed = kForm[i] == '-' ? text[i] == '-' : g_ascii_isxdigit(text[i]) != 0;
    uuid += g_ascii_tolower(text[i]);
  }
  if (formed) return uuid;
  return Error{ErrorCode::kUsage, "'" + printable(text) + "' is no UUID of a guest"};
}

Status hand_over(const std::string& folder, const std::string& uuid, const Declaration& declared) {
  if (folder.empty()) {
    return Error{ErrorCode::kUsage,
                 "there is no folder to hand over what the guest declares; give "
                 "the user of libvirt a home"};
  }
  if (Status made = make_folder(folder); !made) return made;
  const std::string path = file_for(folder, uuid);
  const std::string beside = path + ".new";
  if (Status written = write_whole(beside, text_of(declared)); !written) return written;
  if (rename(beside.c_str(), path.c_str()) == 0) return Done{};
  return failed("cannot put " + path + " in place", errno);
}

Status take_back(const std::string& folder, const std::string& uuid) {
  if (folder.empty()) return Done{};
  const std::string path = file_for(folder, uuid);
  if (unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return Done{};
  return failed("cannot remove " + path, errno);
}

Result<std::optional<Declaration>> handed_over(const std::string& uuid) {
  auto by_root = read_declaration(file_for(kHandOverFolder, uuid));
  if (!by_root || *by_root) return by_root;
  const std::string folder = hand_over_folder(getuid());
  if (folder.empty() || folder == kHandOverFolder) return by_root;
  return read_declaration(file_for(folder, uuid));
}

}  // namespace qsbx
