// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/wall_plan.h"

#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <set>

#include "src/machine/image_files.h"
#include "src/machine/option_values.h"
#include "src/machine/qemu_names.h"

namespace qsbx {
namespace {

// The keys whose values are paths, wherever they stand; by the last word of a dotted key.
const std::map<std::string, PathUse>& path_keys() {
  static const std::map<std::string, PathUse> keys = {
      {"cancel-path", PathUse::kReadWrite},
      {"dev", PathUse::kReadWrite},
      {"dh-cert-file", PathUse::kRead},
      {"dir", PathUse::kRead},
      {"dtb", PathUse::kRead},
      {"evdev", PathUse::kReadWrite},
      {"events", PathUse::kRead},
      {"firmware", PathUse::kRead},
      {"hidraw", PathUse::kReadWrite},
      {"hostdevice", PathUse::kReadWrite},
      {"initrd", PathUse::kRead},
      {"input-path", PathUse::kRead},
      {"kernel", PathUse::kRead},
      {"password-file", PathUse::kRead},
      {"path", PathUse::kReadWrite},
      {"rendernode", PathUse::kReadWrite},
      {"romfile", PathUse::kRead},
      {"rootdir", PathUse::kOwn},
      {"session-file", PathUse::kRead},
      {"sev-device", PathUse::kReadWrite},
      {"sock", PathUse::kReadWrite},
      {"socket", PathUse::kReadWrite},
      {"splash", PathUse::kRead},
      {"tftp", PathUse::kRead},
      {"vhostdev", PathUse::kReadWrite},
      {"x509-cacert-file", PathUse::kRead},
      {"x509-cert-file", PathUse::kRead},
      {"x509-dh-key-file", PathUse::kRead},
      {"x509-dir", PathUse::kRead},
      {"x509-key-file", PathUse::kRead},
  };
  return keys;
}

// Options whose `file` is only read.
bool reads_file(const std::string& option) {
  static const std::set<std::string> options = {"acpitable", "device",     "fw_cfg", "object",
                                                "plugin",    "option-rom", "smbios"};
  return options.contains(option);
}

std::string last_word(const std::string& key) { return key.substr(key.rfind('.') + 1); }

bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

class PlanMaker {
 public:
  explicit PlanMaker(const CommandLine& line) : line_(line) {}

  QemuWall make();

 private:
  using Take = void (PlanMaker::*)(const std::string& value);

  void take(const CommandOption& option);
  void take_values(const std::string& option, const OptionValues& values);
  void take_paths(const std::string& option, const OptionValues& values);
  void take_disk(const std::string& path);
  void take_cdrom(const std::string& path) { let_image(path, true, false); }
  void take_read(const std::string& path) { let(path, PathUse::kRead); }
  void take_made(const std::string& path) { make_file(path); }
  void take_memory(const std::string& path);
  void take_character_device(const std::string& device);
  void take_debugger(const std::string& device);
  void take_incoming(const std::string& uri);
  void take_vnc(const std::string& value);
  void take_drive(const OptionValues& values);
  void take_block_nodes(const OptionValues& values);
  void take_chardev(const OptionValues& values);
  void take_netdev(const OptionValues& values);
  void take_tap(const OptionValues& values);
  void take_spice(const OptionValues& values);
  void take_share(const OptionValues& values);
  void take_object(const OptionValues& values);
  void take_socket(const OptionValues& values, const std::string& prefix);

  void let(const std::string& path, PathUse use);
  void make_file(const std::string& path);
  void make_socket(const std::string& path);
  void let_image(const std::string& path, bool read_only, bool qcow2);
  void let_programs(const std::string& why);
  void note(const std::string& text) { wall_.notes.push_back(text); }
  void learn_node_files();

  static const std::map<std::string, Take>& plain_options();
  static const std::map<std::string, std::string>& implied_keys();

  const CommandLine& line_;
  QemuWall wall_;
  std::map<std::string, std::string> node_files_;  // of -blockdev, by node-name
};

void PlanMaker::let(const std::string& path, PathUse use) {
  if (!path.empty()) wall_.plan.paths.push_back({path, use, true});
}

void PlanMaker::make_file(const std::string& path) {
  if (path.empty()) return;
  if (path.find("%d") != std::string::npos) {
    return note(path + ": a name with %d in it cannot be let through");
  }
  wall_.made_files.push_back(path);
  let(path, PathUse::kReadWrite);
}

void PlanMaker::make_socket(const std::string& path) {
  if (path.empty()) return;
  wall_.made_sockets.push_back(path);
  let(folder_of(path), PathUse::kMakeSockets);
}

void PlanMaker::let_image(const std::string& path, bool read_only, bool qcow2) {
  let(path, read_only ? PathUse::kReadDevice : PathUse::kReadWrite);
  if (!qcow2) return;
  for (const ImageFile& file : files_of_image(path)) {
    let(file.path, file.written && !read_only ? PathUse::kReadWrite : PathUse::kReadDevice);
  }
}

void PlanMaker::let_programs(const std::string& why) {
  for (const char* folder : {"/usr", "/bin", "/sbin", "/lib", "/lib64"}) {
    let(folder, PathUse::kRun);
  }
  note(why +
       ": every program of this system can be started behind the wall, none with more privileges "
       "(set-user-ID)");
}

// A format that is not given is found out by QEMU, so it may be qcow2.
void PlanMaker::take_disk(const std::string& path) { let_image(path, false, true); }

void PlanMaker::take_memory(const std::string& path) {
  if (is_folder(path)) {
    let(path, PathUse::kOwn);
  } else {
    make_file(path);
  }
}

// Keys below `prefix` are those of QEMU's SocketAddress, or of -chardev socket.
void PlanMaker::take_socket(const OptionValues& values, const std::string& prefix) {
  const bool server = values.is_on("server");
  const std::string path = values.get(prefix + "path");
  if (values.is_on(prefix + "abstract")) {
    wall_.plan.abstract_sockets |= !server;
  } else if (!path.empty() && server) {
    make_socket(path);
  } else if (!path.empty()) {
    let(path, PathUse::kReadWrite);
  }
  if (values.has(prefix + "port")) {
    (server ? wall_.plan.tcp_bind : wall_.plan.tcp_connect) = true;
  }
}

void PlanMaker::take_chardev(const OptionValues& values) {
  const std::string backend = values.get("backend");
  const std::string path = values.get("path");
  if (values.has("logfile")) make_file(values.get("logfile"));
  if (backend == "socket") return take_socket(values, "");
  if (backend == "file") {
    make_file(path);
    return let(values.get("input-path"), PathUse::kRead);
  }
  if (backend == "pipe") {
    for (const char* end : {"", ".in", ".out"}) let(path + end, PathUse::kReadWrite);
    return;
  }
  let(path, PathUse::kReadWrite);
}

// -serial and the like: "unix:PATH,server=on", "mon:stdio", "/dev/ttyS0".
void PlanMaker::take_character_device(const std::string& device) {
  const std::string inner = device.starts_with("mon:") ? device.substr(4) : device;
  const size_t colon = inner.find(':');
  const std::string type = inner.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : inner.substr(colon + 1);
  if (inner.starts_with("/")) return let(inner, PathUse::kReadWrite);
  if (type == "file") return make_file(rest);
  if (type == "pipe") {
    for (const char* end : {"", ".in", ".out"}) let(rest + end, PathUse::kReadWrite);
    return;
  }
  const bool tcp = type == "tcp" || type == "telnet" || type == "websocket" || type == "tn3270";
  const Result<OptionValues> values = OptionValues::parse(rest, tcp ? "port" : "path");
  if (values.ok() && (tcp || type == "unix")) take_socket(*values, "");
}

// gdb is waited for, whatever the option says.
void PlanMaker::take_debugger(const std::string& device) {
  if (device.starts_with("tcp:") || device.empty()) {
    wall_.plan.tcp_bind = true;
  } else {
    take_character_device(device);
  }
}

void PlanMaker::take_incoming(const std::string& uri) {
  if (uri.starts_with("tcp:")) wall_.plan.tcp_bind = true;
  if (uri.starts_with("unix:")) make_socket(uri.substr(5));
  if (uri.starts_with("file:")) let(uri.substr(5, uri.find(',') - 5), PathUse::kRead);
  if (uri.starts_with("exec:")) let_programs("-incoming exec:");
  if (uri == "defer") {
    wall_.plan.tcp_bind = true;
    note("-incoming defer: TCP servers are let through; a path that a manager names later is not");
  }
}

void PlanMaker::take_vnc(const std::string& value) {
  const Result<OptionValues> values = OptionValues::parse(value, "vnc");
  if (!values.ok() || values->get("vnc") == "none") return;
  const std::string address = values->get("vnc");
  if (address.starts_with("unix:")) make_socket(address.substr(5));
  const bool reverse = values->is_on("reverse");
  if (!address.starts_with("unix:") || values->has("websocket")) {
    (reverse ? wall_.plan.tcp_connect : wall_.plan.tcp_bind) = true;
  }
}

void PlanMaker::take_spice(const OptionValues& values) {
  if (values.is_on("unix")) return make_socket(values.get("addr"));
  wall_.plan.tcp_bind = true;
}

// The files of nodes, which formats may refer to by the node's name before they stand themselves.
void PlanMaker::learn_node_files() {
  for (const CommandOption& option : line_.options) {
    if (option.name != "blockdev") continue;
    const Result<OptionValues> values = OptionValues::parse(option.value, "driver");
    if (!values.ok()) continue;
    for (const auto& [key, name] : values->all()) {
      if (last_word(key) != "node-name") continue;
      const std::string prefix = key.substr(0, key.size() - std::string("node-name").size());
      node_files_[name] = values->get(prefix + "filename");
    }
  }
}

// Keys of a node below its prefix; what is read-only above it is so below.
bool is_read_only(const OptionValues& values, const std::string& prefix) {
  for (size_t end = 0;; end = prefix.find('.', end) + 1) {
    const std::string above = prefix.substr(0, end);
    if (values.is_on(above + "read-only") || values.is_on(above + "readonly")) return true;
    if (end == prefix.size()) return false;
  }
}

// Whose `path` is on another host.
bool is_remote(const std::string& driver) {
  return driver == "ssh" || driver == "nfs" || driver == "gluster";
}

void PlanMaker::take_block_nodes(const OptionValues& values) {
  for (const auto& [key, value] : values.all()) {
    const std::string word = last_word(key);
    const std::string prefix = key.substr(0, key.size() - word.size());
    const bool read_only = is_read_only(values, prefix);
    if (word == "filename") let_image(value, read_only, false);
    if (word == "path" && !is_remote(values.get(prefix + "driver"))) {
      let(value, PathUse::kReadWrite);
    }
    if (word != "driver" && word != "format") continue;
    if (value != "qcow2") continue;
    const auto node = node_files_.find(values.get(prefix + "file"));
    let_image(node == node_files_.end() ? values.get(prefix + "file.filename") : node->second,
              read_only, true);
  }
}

void PlanMaker::take_drive(const OptionValues& values) {
  std::string file = values.get("file");
  const std::string format =
      values.get(values.has("format") || !values.has("driver") ? "format" : "driver");
  if (file.starts_with("json:")) {
    const Result<OptionValues> inner = OptionValues::parse(std::string_view(file).substr(5), "");
    if (inner.ok()) take_block_nodes(*inner);
  } else if (!file.empty()) {
    if (file.starts_with("file:")) file = file.substr(5);
    const bool read_only = is_read_only(values, "") || values.get("media") == "cdrom";
    let_image(file, read_only, format.empty() || format == "qcow2");
  }
  take_block_nodes(values);
}

void PlanMaker::take_tap(const OptionValues& values) {
  const bool vhost = values.is_on("vhost") || values.is_on("vhostforce");
  if (vhost && !values.has("vhostfd") && !values.has("vhostfds")) {
    let("/dev/vhost-net", PathUse::kReadWrite);
  }
  if (values.has("fd") || values.has("fds")) return;
  let("/dev/net/tun", PathUse::kReadWrite);
  if (values.has("helper") || values.get("type") == "bridge") {
    return let_programs("the helper of a tap or bridge");
  }
  const std::string script = values.has("script") ? values.get("script") : "/etc/qemu-ifup";
  const std::string end = values.has("downscript") ? values.get("downscript") : "/etc/qemu-ifdown";
  if (script == "no" && end == "no") return;
  let(script, PathUse::kRun);
  let(end, PathUse::kRun);
  let_programs("the script of a tap");
}

bool forwards(const OptionValues& values) {
  for (const auto& [key, value] : values.all()) {
    if (key.starts_with("hostfwd") && !value.starts_with("udp:")) return true;
  }
  return false;
}

// -netdev, -nic and -net.
void PlanMaker::take_netdev(const OptionValues& values) {
  const std::string type = values.get("type");
  if (type == "tap" || type == "bridge") return take_tap(values);
  if (type == "user") {
    wall_.plan.tcp_connect = true;
    wall_.plan.tcp_bind |= forwards(values);
    for (const auto& [key, rule] : values.all()) {
      if (key.starts_with("guestfwd")) take_character_device(rule.substr(rule.find('-') + 1));
    }
    return take_paths("netdev", values);
  }
  if (type == "socket") {
    wall_.plan.tcp_bind |= values.has("listen");
    wall_.plan.tcp_connect |= values.has("connect");
    return;
  }
  if (type == "stream") return take_socket(values, "addr.");
  if (type == "dgram") return make_socket(values.get("local.path"));
  take_paths("netdev", values);
}

// -fsdev and -virtfs: a folder that is the guest's.
void PlanMaker::take_share(const OptionValues& values) {
  const bool read_only = values.is_on("readonly");
  let(values.get("path"), read_only ? PathUse::kRead : PathUse::kOwn);
  let(values.get("socket"), PathUse::kReadWrite);
}

void PlanMaker::take_object(const OptionValues& values) {
  const std::string type = values.get("qom-type");
  if (type == "filter-dump") return make_file(values.get("file"));
  if (values.has("mem-path")) {
    const std::string path = values.get("mem-path");
    return values.is_on("readonly") ? let(path, PathUse::kRead) : take_memory(path);
  }
  let(values.get("filename"), PathUse::kRead);
  take_paths("object", values);
}

void PlanMaker::take_paths(const std::string& option, const OptionValues& values) {
  for (const auto& [key, value] : values.all()) {
    const std::string word = last_word(key);
    if (const auto found = path_keys().find(word); found != path_keys().end()) {
      let(value, found->second);
    }
    if (word == "file" && reads_file(option)) let(value, PathUse::kRead);
  }
}

void PlanMaker::take_values(const std::string& option, const OptionValues& values) {
  if (option == "chardev") return take_chardev(values);
  if (option == "drive") return take_drive(values);
  if (option == "blockdev") return take_block_nodes(values);
  if (option == "netdev" || option == "nic" || option == "net") return take_netdev(values);
  if (option == "fsdev" || option == "virtfs") return take_share(values);
  if (option == "object") return take_object(values);
  if (option == "spice") take_spice(values);
  if (option == "audiodev" && values.get("driver") == "wav") return make_file(values.get("path"));
  if (option == "trace") make_file(values.get("file"));
  if (option == "machine" || option == "M") make_file(values.get("dumpdtb"));
  if (option == "display" && values.has("vnc")) return take_vnc("vnc=" + values.get("vnc"));
  take_paths(option, values);
}

const std::map<std::string, PlanMaker::Take>& PlanMaker::plain_options() {
  static const std::map<std::string, Take> options = {
      {"", &PlanMaker::take_disk},
      {"D", &PlanMaker::take_made},
      {"L", &PlanMaker::take_read},
      {"bios", &PlanMaker::take_read},
      {"cdrom", &PlanMaker::take_cdrom},
      {"debugcon", &PlanMaker::take_character_device},
      {"dtb", &PlanMaker::take_read},
      {"dump-vmstate", &PlanMaker::take_made},
      {"fda", &PlanMaker::take_disk},
      {"fdb", &PlanMaker::take_disk},
      {"gdb", &PlanMaker::take_debugger},
      {"hda", &PlanMaker::take_disk},
      {"hdb", &PlanMaker::take_disk},
      {"hdc", &PlanMaker::take_disk},
      {"hdd", &PlanMaker::take_disk},
      {"incoming", &PlanMaker::take_incoming},
      {"initrd", &PlanMaker::take_read},
      {"kernel", &PlanMaker::take_read},
      {"mem-path", &PlanMaker::take_memory},
      {"monitor", &PlanMaker::take_character_device},
      {"mtdblock", &PlanMaker::take_disk},
      {"parallel", &PlanMaker::take_character_device},
      {"pflash", &PlanMaker::take_disk},
      {"pidfile", &PlanMaker::take_made},
      {"qmp", &PlanMaker::take_character_device},
      {"qmp-pretty", &PlanMaker::take_character_device},
      {"qtest", &PlanMaker::take_character_device},
      {"qtest-log", &PlanMaker::take_made},
      {"readconfig", &PlanMaker::take_read},
      {"s", &PlanMaker::take_debugger},
      {"sd", &PlanMaker::take_disk},
      {"serial", &PlanMaker::take_character_device},
      {"shim", &PlanMaker::take_read},
      {"vnc", &PlanMaker::take_vnc},
  };
  return options;
}

// Of options that are lists of keys and values, the key of a first word alone.
const std::map<std::string, std::string>& PlanMaker::implied_keys() {
  static const std::map<std::string, std::string> keys = {
      {"M", "type"},          {"acpitable", ""},      {"audio", "driver"},
      {"audiodev", "driver"}, {"blockdev", "driver"}, {"boot", "order"},
      {"chardev", "backend"}, {"device", "driver"},   {"display", "type"},
      {"drive", ""},          {"fsdev", "fsdriver"},  {"fw_cfg", "name"},
      {"machine", "type"},    {"net", "type"},        {"netdev", "type"},
      {"nic", "type"},        {"object", "qom-type"}, {"option-rom", "romfile"},
      {"plugin", "file"},     {"smbios", ""},         {"spice", ""},
      {"tpmdev", "type"},     {"trace", "enable"},    {"virtfs", "fsdriver"},
  };
  return keys;
}

void PlanMaker::take(const CommandOption& option) {
  if (const auto plain = plain_options().find(option.name); plain != plain_options().end()) {
    (this->*plain->second)(option.value);
    return;
  }
  const auto key = implied_keys().find(option.name);
  if (key == implied_keys().end()) return;
  const Result<OptionValues> values = OptionValues::parse(option.value, key->second);
  if (values.ok()) take_values(option.name, *values);
}

QemuWall PlanMaker::make() {
  learn_node_files();
  for (const CommandOption& option : line_.options) take(option);
  return wall_;
}

}  // namespace

QemuWall wall_of_options(const CommandLine& line) { return PlanMaker(line).make(); }

}  // namespace qsbx
