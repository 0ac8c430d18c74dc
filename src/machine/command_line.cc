// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/command_line.h"

#include <algorithm>
#include <functional>
#include <map>

#include "src/machine/config_file.h"
#include "src/machine/machine_reader.h"
#include "src/machine/storage_program.h"

namespace qsbx {
namespace {

using Option = CommandOption;

using ReadText = std::function<void(MachineReader&, const std::string&)>;

struct ValuesReader {
  std::string implied_key;
  void (MachineReader::*read)(const OptionValues&);
};

void read_name(MachineReader& reader, const OptionValues& values) {
  if (values.is_on("debug-threads")) reader.add("option", "debug-threads");
}

void read_sandbox(MachineReader& reader, const OptionValues& values) {
  if (values.is_on("enable")) reader.add("option", "sandbox");
}

void read_run_with(MachineReader& reader, const OptionValues& values) {
  if (values.is_on("async-teardown")) reader.add("option", "async-teardown");
}

void read_rtc(MachineReader& reader, const OptionValues& values) {
  if (values.get("base") == "localtime") reader.add("option", "rtc-localtime");
}

void read_overcommit(MachineReader& reader, const OptionValues& values) {
  if (values.is_on("mem-lock") || values.get("mem-lock") == "on-fault") {
    reader.add("option", "realtime");
  }
}

// Options whose value is a list of keys and values that MachineReader knows.
const std::map<std::string, ValuesReader>& values_readers() {
  static const std::map<std::string, ValuesReader> readers = {
      {"audio", {"driver", &MachineReader::read_audio}},
      {"audiodev", {"driver", &MachineReader::read_audio}},
      {"blockdev", {"driver", &MachineReader::read_blockdev}},
      {"chardev", {"backend", &MachineReader::read_chardev}},
      {"device", {"driver", &MachineReader::read_device}},
      {"display", {"type", &MachineReader::read_display}},
      {"drive", {"", &MachineReader::read_drive}},
      {"fsdev", {"fsdriver", &MachineReader::read_fsdev}},
      {"mon", {"chardev", &MachineReader::read_mon}},
      {"net", {"type", &MachineReader::read_net}},
      {"netdev", {"type", &MachineReader::read_netdev}},
      {"nic", {"type", &MachineReader::read_nic}},
      {"numa", {"type", &MachineReader::read_numa}},
      {"object", {"qom-type", &MachineReader::read_object}},
      {"tpmdev", {"type", &MachineReader::read_tpm}},
      {"virtfs", {"fsdriver", &MachineReader::read_virtfs}},
  };
  return readers;
}

ReadText disk_image(const std::string& interface, const std::string& media) {
  return [=](MachineReader& reader, const std::string& file) {
    reader.read_disk_image(file, interface, media);
  };
}

ReadText monitor(const std::string& kind) {
  return
      [=](MachineReader& reader, const std::string& device) { reader.read_monitor(device, kind); };
}

ReadText remote_display(const std::string& kind) {
  return [=](MachineReader& reader, const std::string& value) {
    reader.read_remote_display(kind, value);
  };
}

ReadText missing(const std::string& text) {
  return
      [=](MachineReader& reader, const std::string& value) { reader.note_missing(text + value); };
}

// For options that take keys and values, but never JSON.
ReadText parsed(const std::string& implied_key, void (*read)(MachineReader&, const OptionValues&)) {
  return [=](MachineReader& reader, const std::string& value) {
    const Result<OptionValues> values = OptionValues::parse(value, implied_key);
    if (values.ok()) read(reader, *values);
  };
}

ReadText text(void (MachineReader::*read)(const std::string&)) {
  return [=](MachineReader& reader, const std::string& value) { (reader.*read)(value); };
}

ReadText flag(void (MachineReader::*set)()) {
  return [=](MachineReader& reader, const std::string&) { (reader.*set)(); };
}

ReadText part(const std::string& kind, const std::string& name) {
  return [=](MachineReader& reader, const std::string&) { reader.add(kind, name); };
}

const std::map<std::string, ReadText>& text_readers() {
  static const std::map<std::string, ReadText> readers = {
      {"", disk_image("", "disk")},
      {"async-teardown", part("option", "async-teardown")},
      {"S", flag(&MachineReader::set_stopped)},
      {"cdrom", disk_image("ide", "cdrom")},
      {"curses",
       [](MachineReader& reader, const std::string&) { reader.read_local_display("curses"); }},
      {"daemonize", flag(&MachineReader::set_daemonize)},
      {"debugcon", text(&MachineReader::read_debug_console)},
      {"enable-kvm",
       [](MachineReader& reader, const std::string&) { reader.read_accelerator("kvm"); }},
      {"fda", disk_image("floppy", "disk")},
      {"fdb", disk_image("floppy", "disk")},
      {"gdb", text(&MachineReader::read_gdb)},
      {"hda", disk_image("", "disk")},
      {"hdb", disk_image("", "disk")},
      {"hdc", disk_image("", "disk")},
      {"hdd", disk_image("", "disk")},
      {"incoming", flag(&MachineReader::set_incoming)},
      {"mem-path", flag(&MachineReader::read_memory_path)},
      {"monitor", monitor("hmp")},
      {"mtdblock", disk_image("mtd", "disk")},
      {"name", parsed("guest", read_name)},
      {"nodefaults", flag(&MachineReader::set_nodefaults)},
      {"nographic", flag(&MachineReader::set_nographic)},
      {"overcommit", parsed("", read_overcommit)},
      {"parallel", text(&MachineReader::read_parallel)},
      {"pflash", disk_image("pflash", "disk")},
      {"plugin", missing("what a TCG plugin calls is not known: ")},
      {"preconfig", flag(&MachineReader::set_preconfig)},
      {"qmp", monitor("qmp")},
      {"qmp-pretty", monitor("qmp")},
      {"qtest", part("accelerator", "qtest")},
      {"rtc", parsed("", read_rtc)},
      {"run-with", parsed("", read_run_with)},
      {"s", [](MachineReader& reader, const std::string&) { reader.read_gdb("tcp::1234"); }},
      {"sandbox", parsed("enable", read_sandbox)},
      {"sd", disk_image("sd", "disk")},
      {"serial", text(&MachineReader::read_serial)},
      {"set", missing("not applied: -set ")},
      {"snapshot", flag(&MachineReader::set_snapshot)},
      {"spice", remote_display("spice")},
      {"usb", flag(&MachineReader::set_usb)},
      {"usbdevice", text(&MachineReader::read_usb_device)},
      {"vga", text(&MachineReader::read_vga)},
      {"vnc", parsed("vnc", [](MachineReader& reader,
                               const OptionValues& values) { reader.read_vnc(values); })},
      {"watchdog",
       [](MachineReader& reader, const std::string& name) { reader.add("device", name); }},
  };
  return readers;
}

std::string without_dashes(const std::string& word) {
  return word.substr(word.starts_with("--") ? 2 : 1);
}

bool is_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

// An option that neither table has is taken to have a value when the next word looks like one.
bool takes_value(const std::string& name, const std::string* next) {
  const OptionArity arity = option_arity(name);
  if (arity == OptionArity::kUnknown) return next != nullptr && !is_option(*next);
  return arity == OptionArity::kValue;
}

Result<std::vector<Option>> split(const std::vector<std::string>& arguments) {
  std::vector<Option> options;
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (!is_option(arguments[i])) {
      options.push_back({"", arguments[i]});
      continue;
    }
    const std::string name = without_dashes(arguments[i]);
    const std::string* next = i + 1 < arguments.size() ? &arguments[i + 1] : nullptr;
    const bool value = takes_value(name, next);
    if (value && next == nullptr) {
      return Error{ErrorCode::kUsage, "QEMU's option " + arguments[i] + " needs a value after it"};
    }
    options.push_back({name, value ? *next : ""});
    if (value) ++i;
  }
  return options;
}

// -set drive.d0.aio=native is as if -drive id=d0,... had that at its end. False when there is none.
bool apply_setting(std::vector<Option>& options, const std::string& setting) {
  const size_t id_at = setting.find('.') + 1;
  const size_t key_at = setting.find('.', id_at) + 1;
  if (id_at == 0 || key_at == 0) return false;
  const std::string group = setting.substr(0, id_at - 1);
  const std::string id = setting.substr(id_at, key_at - id_at - 1);
  for (Option& option : options) {
    const Result<OptionValues> values = OptionValues::parse(option.value, "");
    if (option.name != group || !values.ok() || values->get("id") != id) continue;
    const size_t value_at = std::min(setting.find('=', key_at), setting.size());
    option.value += "," + setting.substr(key_at, value_at - key_at) +
                    with_double_commas(setting.substr(value_at));
    return true;
  }
  return false;
}

// In the order in which QEMU takes them.
std::vector<Option> expand(const std::vector<Option>& options, MachineReader& reader) {
  std::vector<Option> expanded;
  for (const Option& option : options) {
    if (option.name == "set" && apply_setting(expanded, option.value)) continue;
    expanded.push_back(option);
    if (option.name != "readconfig") continue;
    const Result<std::vector<ConfigSection>> sections = read_config_file(option.value);
    if (!sections.ok()) {
      reader.note_unread("-readconfig " + option.value + ": " + sections.error().message);
      continue;
    }
    for (const ConfigSection& section : *sections) {
      expanded.push_back({section.option, section.value});
    }
  }
  return expanded;
}

// The board and the accelerator come first, wherever they stand: other options lean on the board.
Status read_machine_options(MachineReader& reader, const std::vector<Option>& options) {
  for (const Option& option : options) {
    const bool machine = option.name == "machine" || option.name == "M";
    if (!machine && option.name != "accel") continue;
    const Result<OptionValues> values =
        OptionValues::parse(option.value, machine ? "type" : "accel");
    if (!values.ok()) return values.error();
    if (machine) {
      reader.read_machine(*values);
    } else {
      reader.read_accelerator(values->get("accel"));
    }
  }
  return Done{};
}

Status read_option(MachineReader& reader, const Option& option) {
  const auto with_values = values_readers().find(option.name);
  if (with_values != values_readers().end()) {
    const Result<OptionValues> values =
        OptionValues::parse(option.value, with_values->second.implied_key);
    if (!values.ok()) {
      return Error{ErrorCode::kUsage, "-" + option.name + ": " + values.error().message};
    }
    (reader.*with_values->second.read)(*values);
    return Done{};
  }
  const auto with_text = text_readers().find(option.name);
  if (with_text != text_readers().end()) {
    with_text->second(reader, option.value);
  } else if (option_arity(option.name) == OptionArity::kUnknown) {
    reader.note_missing("not known, so what it adds is missing here: -" + option.name);
  }
  return Done{};
}

Result<CommandLine> read_emulator(const std::vector<std::string>& arguments) {
  const Result<std::vector<Option>> words = split(arguments);
  if (!words.ok()) return words.error();
  MachineReader reader;
  const std::vector<Option> options = expand(*words, reader);
  reader.read_qemu_name(arguments[0]);
  Status machine = read_machine_options(reader, options);
  if (!machine.ok()) return machine.error();
  for (const Option& option : options) {
    Status read = read_option(reader, option);
    if (!read.ok()) return read.error();
  }
  CommandLine line = reader.finish();
  line.options = options;
  return line;
}

}  // namespace

Result<CommandLine> read_command_line(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    return Error{ErrorCode::kUsage,
                 "no QEMU command line: give QEMU and its options, such as qemu-system-x86_64 -M "
                 "q35"};
  }
  const std::string program = storage_program(arguments[0]);
  if (program == kStorageDaemon) return read_storage_daemon(arguments);
  if (program == kNbdServer) return read_nbd_server(arguments);
  return read_emulator(arguments);
}

CommandLine read_states(const std::vector<std::string>& arguments) {
  CommandLine states;
  for (const std::string& word : arguments) {
    const std::string name = is_option(word) ? without_dashes(word) : "";
    states.stopped |= name == "S";
    states.incoming |= name == "incoming";
    states.daemonize |= name == "daemonize";
    states.preconfig |= name == "preconfig";
  }
  return states;
}

}  // namespace qsbx
