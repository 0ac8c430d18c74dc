// SPDX-License-Identifier: LGPL-2.1-or-later
//
// QEMU's storage-daemon/qemu-storage-daemon.c.
#include <map>

#include "src/machine/long_options.h"
#include "src/machine/machine_reader.h"
#include "src/machine/storage_program.h"

namespace qsbx {
namespace {

const std::vector<LongOption>& known_options() {
  static const std::vector<LongOption> options = {
      {"blockdev", true},      {"chardev", true},
      {"daemonize", false},    {"export", true},
      {"help", false, 'h'},    {"monitor", true},
      {"nbd-server", true},    {"object", true},
      {"pidfile", true},       {"trace", true, 'T'},
      {"version", false, 'V'}, {"sandbox", true}};  // of our patch; it changes no part
  return options;
}

void read_export(MachineReader& reader, const OptionValues& values) {
  reader.add("export", values.get("type"));
}

void read_nbd_listener(MachineReader& reader, const OptionValues&) { reader.add("export", "nbd"); }

// It has no other kind.
void read_monitor(MachineReader& reader, const OptionValues&) { reader.add("monitor", "qmp"); }

struct ValuesReader {
  std::string implied_key;
  void (*read)(MachineReader&, const OptionValues&);
};

const std::map<std::string, ValuesReader>& values_readers() {
  static const std::map<std::string, ValuesReader> readers = {
      {"blockdev",
       {"driver", [](MachineReader& r, const OptionValues& v) { r.read_block_node(v); }}},
      {"chardev", {"backend", [](MachineReader& r, const OptionValues& v) { r.read_chardev(v); }}},
      {"export", {"type", read_export}},
      {"monitor", {"chardev", read_monitor}},
      {"nbd-server", {"", read_nbd_listener}},
      {"object", {"qom-type", [](MachineReader& r, const OptionValues& v) { r.read_object(v); }}},
  };
  return readers;
}

Status read_option(MachineReader& reader, const CommandOption& option) {
  if (option.name == "daemonize") reader.set_daemonize();
  const auto found = values_readers().find(option.name);
  if (found == values_readers().end()) return Done{};
  const auto values = OptionValues::parse(option.value, found->second.implied_key);
  if (!values) return Error{ErrorCode::kUsage, "--" + option.name + ": " + values.error().message};
  found->second.read(reader, *values);
  return Done{};
}

}  // namespace

Result<CommandLine> read_storage_daemon(const std::vector<std::string>& arguments) {
  auto options = split_long_options(arguments, known_options());
  if (!options) return options.error();
  MachineReader reader;
  reader.add("program", kStorageDaemon);
  for (const CommandOption& option : *options) {
    if (auto read = read_option(reader, option); !read) return read.error();
  }
  CommandLine line = reader.finish_without_board();
  line.options = *options;
  return line;
}

}  // namespace qsbx
