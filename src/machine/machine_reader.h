// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Builds a machine option by option; command_line.cc knows the options' names, this their meaning.
#ifndef QSBX_MACHINE_MACHINE_READER_H_
#define QSBX_MACHINE_MACHINE_READER_H_

#include <set>
#include <string>

#include "src/machine/command_line.h"
#include "src/machine/option_values.h"
#include "src/machine/qemu_names.h"

namespace qsbx {

class MachineReader {
 public:
  // First, before everything else: the board settles what the other options mean.
  void read_qemu_name(const std::string& program);
  void read_machine(const OptionValues& values);

  void read_accelerator(const std::string& names);  // "kvm:tcg": the first that works
  void read_device(const OptionValues& values);
  void read_drive(const OptionValues& values);
  void read_blockdev(const OptionValues& values);
  // The same where nobody can ask for the nodes afterwards: with the files that the image names.
  void read_block_node(const OptionValues& values);
  void add_file_nodes(const std::string& file, const std::string& format, const std::string& aio);
  void read_disk_image(const std::string& file, const std::string& interface,
                       const std::string& media);
  void read_netdev(const OptionValues& values);
  void read_nic(const OptionValues& values);
  void read_net(const OptionValues& values);
  void read_chardev(const OptionValues& values);
  void read_serial(const std::string& device);
  void read_parallel(const std::string& device);
  void read_debug_console(const std::string& device);
  void read_gdb(const std::string& device);
  void read_monitor(const std::string& device, const std::string& kind);
  void read_mon(const OptionValues& values);
  void read_object(const OptionValues& values);
  void read_vnc(const OptionValues& values);
  void read_display(const OptionValues& values);
  void read_local_display(const std::string& type);
  void read_remote_display(const std::string& kind, const std::string& value);
  void read_vga(const std::string& name);
  void read_audio(const OptionValues& values);
  void read_tpm(const OptionValues& values);
  void read_fsdev(const OptionValues& values);
  void read_virtfs(const OptionValues& values);
  void read_usb_device(const std::string& name);
  void read_memory_path();
  void read_numa(const OptionValues& values);

  // An option of QEMU's that has no further meaning than this part. No name: no part.
  void add(std::string_view kind, std::string_view name);
  void note(const std::string& text) { result_.notes.push_back(text); }
  void note_missing(const std::string& text) { result_.missing.push_back(text); }
  void note_unread(const std::string& text) { result_.unread.push_back(text); }
  const std::set<Part>& parts() const { return result_.machine.parts; }

  void set_nographic() { nographic_ = true; }
  void set_nodefaults() { nodefaults_ = true; }
  void set_snapshot() { snapshot_ = true; }
  void set_usb() { usb_ = true; }
  void set_stopped() { result_.stopped = true; }
  void set_incoming() { result_.incoming = true; }
  void set_daemonize() { result_.daemonize = true; }
  void set_preconfig() { result_.preconfig = true; }

  // What QEMU adds by itself, then the whole.
  CommandLine finish();
  // For the programs that have no board.
  CommandLine finish_without_board();

 private:
  void add_device(const std::string& name);
  void add_character_device(const std::string& device);
  void add_drive_device(const std::string& interface, const std::string& media);
  void add_file_node(const std::string& driver, const std::string& aio);
  void add_block_nodes(const OptionValues& values);
  void add_net_backend(const std::string& type, const OptionValues& values);
  void add_user_net_services(const OptionValues& values);
  void add_default_board();
  void add_default_character_devices();
  void add_default_display();
  void add_default_devices();
  bool has_default(const std::string& what) const;

  CommandLine result_;
  std::string machine_type_;
  const BoardDefaults* board_ = nullptr;
  std::set<std::string> replaced_defaults_;  // "serial", "monitor", "net", "vga", ...
  bool nographic_ = false;
  bool nodefaults_ = false;
  bool snapshot_ = false;
  bool usb_ = false;
  bool local_display_chosen_ = false;
  bool remote_display_ = false;
};

}  // namespace qsbx

#endif
