// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/machine_reader.h"

#include <map>

#include "src/machine/image_files.h"

namespace qsbx {
namespace {

// Devices that take the place of one that QEMU adds by itself: default_list of QEMU's vl.c.
const std::map<std::string, std::string>& defaults_replaced_by_device() {
  static const std::map<std::string, std::string> defaults = {
      {"VGA", "vga"},
      {"ati-vga", "vga"},
      {"cirrus-vga", "vga"},
      {"floppy", "floppy"},
      {"ide-cd", "cdrom"},
      {"ide-hd", "cdrom"},
      {"isa-cirrus-vga", "vga"},
      {"isa-fdc", "floppy"},
      {"isa-parallel", "parallel"},
      {"isa-serial", "serial"},
      {"isa-vga", "vga"},
      {"qxl-vga", "vga"},
      {"scsi-cd", "cdrom"},
      {"scsi-hd", "cdrom"},
      {"vhost-user-vga", "vga"},
      {"virtio-vga", "vga"},
      {"virtio-vga-gl", "vga"},
      {"vmware-svga", "vga"},
  };
  return defaults;
}

std::string without_prefix(std::string_view text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return std::string(text);
}

bool is_file_driver(const std::string& driver) {
  return driver == "file" || driver == "host_device" || driver == "host_cdrom";
}

std::string or_else(const std::string& text, const std::string& otherwise) {
  return text.empty() ? otherwise : text;
}

}  // namespace

void MachineReader::read_qemu_name(const std::string& program) {
  const bool has_default_board =
      program.ends_with("x86_64") || program.ends_with("i386") || program.ends_with("kvm");
  if (machine_type_.empty() && has_default_board) machine_type_ = machine_type_of("pc");
  board_ = find_board_defaults(machine_type_);
}

void MachineReader::add(std::string_view kind, std::string_view name) {
  if (!name.empty()) result_.machine.add(kind, name);
}

void MachineReader::read_machine(const OptionValues& values) {
  if (values.has("type")) machine_type_ = machine_type_of(values.get("type"));
  board_ = find_board_defaults(machine_type_);
  if (values.has("accel")) read_accelerator(values.get("accel"));
  if (values.is_on("usb")) set_usb();
  if (values.has("memory-backend")) replaced_defaults_.insert("memory");
}

void MachineReader::read_accelerator(const std::string& names) {
  replaced_defaults_.insert("accelerator");
  std::string_view rest = names;
  while (!rest.empty()) {
    const size_t colon = rest.find(':');
    add("accelerator", rest.substr(0, colon));
    rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  }
}

void MachineReader::add_device(const std::string& name) { add("device", device_type_of(name)); }

void MachineReader::read_device(const OptionValues& values) {
  add_device(values.get("driver"));
  if (values.is_on("blob")) add("option", "virtio-gpu-blob");
  const auto replaced = defaults_replaced_by_device().find(device_type_of(values.get("driver")));
  if (replaced != defaults_replaced_by_device().end()) replaced_defaults_.insert(replaced->second);
}

void MachineReader::add_drive_device(const std::string& interface, const std::string& media) {
  const bool cdrom = media == "cdrom";
  if (interface == "ide") add_device(cdrom ? "ide-cd" : "ide-hd");
  if (interface == "scsi") add_device(cdrom ? "scsi-cd" : "scsi-hd");
  if (interface == "virtio") add_device("virtio-blk");
  if (interface == "floppy") add_device("floppy");
  if (interface == "sd") add_device("sd-card");
}

void MachineReader::add_file_node(const std::string& driver, const std::string& aio) {
  add("block", driver);
  if (is_file_driver(driver)) add("aio", or_else(aio, "threads"));
}

void MachineReader::add_file_nodes(const std::string& file, const std::string& format,
                                   const std::string& aio) {
  add_file_node(block_driver_of_file(file), aio);
  if (!format.empty()) {
    add("block", format);
    return;
  }
  add("block", "raw");
  add("block", "qcow2");
  note("the format of " + file + " is not given; raw and qcow2 are assumed");
}

void MachineReader::read_drive(const OptionValues& values) {
  const std::string board_interface(board_ == nullptr ? "ide" : board_->drive_interface);
  add_drive_device(or_else(values.get("if"), board_interface), values.get("media"));
  add_block_nodes(values);
  const std::string file = values.get("file");
  const std::string format = or_else(values.get("format"), values.get("driver"));
  if (file.starts_with("json:")) {
    Result<OptionValues> inner = OptionValues::parse(std::string_view(file).substr(5), "");
    if (inner.ok()) add_block_nodes(*inner);
    if (!inner.ok()) note_missing("not understood: " + inner.error().message);
    if (!format.empty()) add("block", format);
  } else if (!file.empty()) {
    add_file_nodes(file, format, values.get("aio"));
  }
  if (values.is_on("snapshot")) set_snapshot();
  if (values.is_on("copy-on-read")) add("block", "copy-on-read");
}

void MachineReader::read_disk_image(const std::string& file, const std::string& interface,
                                    const std::string& media) {
  const std::string board_interface(board_ == nullptr ? "ide" : board_->drive_interface);
  add_drive_device(or_else(interface, board_interface), media);
  if (media == "cdrom" || interface == "pflash") {
    add_file_nodes(file, "raw", "");
  } else {
    add_file_nodes(file, "", "");
  }
}

// Every "driver" below the top, however deep: {"driver":"qcow2","file":{"driver":"file",...}}.
void MachineReader::add_block_nodes(const OptionValues& values) {
  constexpr std::string_view kDriver = "driver";
  for (const auto& [key, driver] : values.all()) {
    if (key != kDriver && !key.ends_with(".driver")) continue;
    const std::string aio_key = key.substr(0, key.size() - kDriver.size()) + "aio";
    add_file_node(driver, values.get(aio_key));
  }
}

void MachineReader::read_blockdev(const OptionValues& values) { add_block_nodes(values); }

void MachineReader::read_block_node(const OptionValues& values) {
  add_block_nodes(values);
  for (const auto& [key, name] : values.all()) {
    if (key != "filename" && !key.ends_with(".filename")) continue;
    for (const ImageFile& file : files_of_image(name)) add_file_nodes(file.path, "", "");
  }
}

void MachineReader::add_net_backend(const std::string& type, const OptionValues& values) {
  const bool tap = type == "tap" || type == "bridge";
  const bool vhost = values.is_on("vhost") || values.is_on("vhostforce") || values.has("vhostfd") ||
                     values.has("vhostfds");
  const std::string kernel_side = tap && vhost ? "+vhost" : "";
  add("netdev", (tap ? "tap" : type) + kernel_side);
  if (type == "user") add_user_net_services(values);
}

// What the guest reaches at addresses that are nobody's. A command is started for each connection.
void MachineReader::add_user_net_services(const OptionValues& values) {
  if (values.has("smb")) add("option", "user-smb");
  for (const auto& [key, rule] : values.all()) {
    if (key != "guestfwd" && !key.starts_with("guestfwd.")) continue;
    const std::string target = rule.substr(rule.find('-') + 1);
    if (target.starts_with("cmd:")) {
      add("option", "guestfwd-cmd");
    } else {
      add_character_device(target);
    }
  }
}

void MachineReader::read_netdev(const OptionValues& values) {
  replaced_defaults_.insert("net");
  add_net_backend(values.get("type"), values);
}

void MachineReader::read_nic(const OptionValues& values) {
  replaced_defaults_.insert("net");
  if (values.get("type") == "none") return;
  const std::string board_nic(board_ == nullptr ? "" : board_->nic);
  const std::string model = or_else(values.get("model"), board_nic);
  if (!model.empty()) add_device(model);
  add_net_backend(or_else(values.get("type"), "user"), values);
}

void MachineReader::read_net(const OptionValues& values) {
  replaced_defaults_.insert("net");
  const std::string type = values.get("type");
  if (type == "none") return;
  add("netdev", "hubport");
  const std::string board_nic(board_ == nullptr ? "" : board_->nic);
  if (type != "nic") {
    add_net_backend(type, values);
  } else {
    add_device(or_else(values.get("model"), board_nic));
  }
}

void MachineReader::read_chardev(const OptionValues& values) {
  add("chardev", chardev_type_of(values.get("backend")));
  if (values.is_on("mux")) add("chardev", "mux");
}

void MachineReader::add_character_device(const std::string& device) {
  const std::string inner = without_prefix(device, "mon:");
  if (inner != device) {
    replaced_defaults_.insert("monitor");
    add("monitor", "hmp");
    add("chardev", "mux");
  }
  const std::string type = chardev_type_of_device(inner);
  if (!type.empty()) add("chardev", type);
}

void MachineReader::read_serial(const std::string& device) {
  replaced_defaults_.insert("serial");
  add_character_device(device);
}

void MachineReader::read_parallel(const std::string& device) {
  replaced_defaults_.insert("parallel");
  add_character_device(device);
}

void MachineReader::read_debug_console(const std::string& device) {
  add_character_device(device);
  add("device", "isa-debugcon");
}

void MachineReader::read_gdb(const std::string& device) {
  add("chardev", "gdb");
  add_character_device(device);
}

void MachineReader::read_monitor(const std::string& device, const std::string& kind) {
  replaced_defaults_.insert("monitor");
  if (device == "none") return;
  add("monitor", kind);
  add_character_device(device);
}

void MachineReader::read_mon(const OptionValues& values) {
  replaced_defaults_.insert("monitor");
  add("monitor", values.get("mode") == "control" ? "qmp" : "hmp");
}

void MachineReader::read_object(const OptionValues& values) {
  add("object", values.get("qom-type"));
}

void MachineReader::read_display(const OptionValues& values) {
  if (values.has("vnc")) {
    read_vnc(values);
    return;
  }
  read_local_display(values.get("type"));
}

void MachineReader::read_vnc(const OptionValues& values) {
  read_remote_display("vnc", values.get("vnc"));
  if (values.is_on("sasl")) add("option", "vnc-sasl");
}

void MachineReader::read_local_display(const std::string& type) {
  local_display_chosen_ = true;
  add("display", type);
}

void MachineReader::read_remote_display(const std::string& kind, const std::string& value) {
  if (value == "none") return;
  remote_display_ = true;
  add("display", kind);
}

void MachineReader::read_vga(const std::string& name) {
  replaced_defaults_.insert("vga");
  const std::string device = vga_device(name);
  if (!device.empty()) add_device(device);
}

void MachineReader::read_audio(const OptionValues& values) {
  static const std::map<std::string, std::vector<std::string>> models = {
      {"hda", {"intel-hda", "hda-duplex"}},
      {"ac97", {"AC97"}},
      {"es1370", {"ES1370"}},
      {"virtio", {"virtio-sound-pci"}}};
  add("audio", values.get("driver"));
  if (!values.has("model")) return;
  const auto devices = models.find(values.get("model"));
  if (devices == models.end()) {
    add_device(values.get("model"));
    return;
  }
  for (const std::string& device : devices->second) add_device(device);
}

void MachineReader::read_tpm(const OptionValues& values) { add("tpm", values.get("type")); }

void MachineReader::read_fsdev(const OptionValues& values) { add("fsdev", values.get("fsdriver")); }

void MachineReader::read_virtfs(const OptionValues& values) {
  read_fsdev(values);
  add_device("virtio-9p");
}

void MachineReader::read_usb_device(const std::string& name) {
  static const std::map<std::string, std::string> devices = {
      {"braille", "usb-braille"}, {"ccid", "usb-ccid"},     {"keyboard", "usb-kbd"},
      {"mouse", "usb-mouse"},     {"tablet", "usb-tablet"}, {"wacom-tablet", "usb-wacom-tablet"}};
  set_usb();
  const auto device = devices.find(name);
  add_device(device == devices.end() ? name : device->second);
  if (name == "braille") add("chardev", "braille");
}

void MachineReader::read_memory_path() {
  replaced_defaults_.insert("memory");
  add("object", "memory-backend-file");
}

void MachineReader::read_numa(const OptionValues& values) {
  if (values.has("memdev")) replaced_defaults_.insert("memory");
}

bool MachineReader::has_default(const std::string& what) const {
  return !nodefaults_ && !replaced_defaults_.contains(what);
}

void MachineReader::add_default_board() {
  if (machine_type_.empty()) {
    note("no -machine is given and this QEMU has no default one");
  } else {
    add("machine", machine_type_ + "-machine");
    if (board_ == nullptr) {
      note("what the board " + machine_type_ + " adds by itself is not known");
    }
  }
  if (!replaced_defaults_.contains("accelerator")) add("accelerator", "tcg");
  if (!replaced_defaults_.contains("memory")) add("object", "memory-backend-ram");
}

void MachineReader::add_default_character_devices() {
  const bool serial = has_default("serial");
  const bool monitor = has_default("monitor");
  const bool parallel = has_default("parallel");
  if (monitor) add("monitor", "hmp");
  if (!nographic_) {
    if (serial || monitor || parallel) add("chardev", "vc");
    return;
  }
  if (serial || monitor) add("chardev", "stdio");
  if (serial && monitor) add("chardev", "mux");
  if (parallel) add("chardev", "null");
}

void MachineReader::add_default_display() {
  if (local_display_chosen_) return;
  if (nographic_ || remote_display_) {
    add("display", "none");
  } else {
    add("display", "gtk");
    note("no display is given; gtk is assumed, as QEMU does when it was built with it");
  }
}

void MachineReader::add_default_devices() {
  if (has_default("net")) {
    add("netdev", "user");
    add("netdev", "hubport");
  }
  if (board_ == nullptr) return;
  for (const std::string_view controller : board_->disk_controllers) add("device", controller);
  if (has_default("net") && !board_->nic.empty()) add("device", board_->nic);
  if (has_default("vga") && !board_->vga.empty()) add("device", vga_device(board_->vga));
  if (has_default("cdrom") && board_->cdrom) add("device", "ide-cd");
  if (has_default("floppy") && board_->floppy) add("device", "floppy");
  if (!usb_) return;
  for (const std::string_view controller : board_->usb) add("device", controller);
}

CommandLine MachineReader::finish() {
  add_default_board();
  add_default_character_devices();
  add_default_display();
  add_default_devices();
  return finish_without_board();
}

CommandLine MachineReader::finish_without_board() {
  if (snapshot_) add_file_nodes("", "qcow2", "");
  result_.snapshot = snapshot_;
  return result_;
}

}  // namespace qsbx
