// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What libvirt would make of a guest's description (domain XML), as a QEMU command line. It has
// what a machine is made of, as src/machine/command_line.h reads it, and neither names nor files:
// no QEMU can be started with it.
//
//   <disk type='file'><driver type='qcow2' io='native'/><target dev='vda'/></disk>
//
// is -blockdev driver=qcow2,file.driver=file,file.aio=native -device virtio-blk-pci.
//
// Only libvirt knows what it really does, since that depends on its version, its configuration, and
// networks, pools and images that a description only names. Where it may do one thing or another,
// the line has both; an element that is not understood is an error.
#ifndef QSBX_INTEGRATION_LIBVIRT_DESCRIBED_MACHINE_H_
#define QSBX_INTEGRATION_LIBVIRT_DESCRIBED_MACHINE_H_

#include <set>
#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

struct DescribedCommand {
  std::vector<std::string> words;  // QEMU first
  std::vector<std::string> notes;  // what was assumed
};

// kUsage, with the line, for an element that is not understood.
Result<DescribedCommand> command_of_description(const std::string& xml);

// The line, as the readers of elements build it.
class DescribedMachine {
 public:
  DescribedMachine(std::string architecture, std::string board, bool kvm)
      : architecture_(std::move(architecture)), board_(std::move(board)), kvm_(kvm) {}

  bool is_x86() const { return architecture_ == "x86_64" || architecture_ == "i686"; }
  bool is_q35() const { return board_.find("q35") != board_.npos; }
  bool is_virt() const { return board_.starts_with("virt"); }
  bool is_kvm() const { return kvm_; }
  const std::string& board() const { return board_; }

  void add(const std::string& option, const std::string& value);
  void add_flag(const std::string& option) { words_.push_back("-" + option); }
  void add_device(const std::string& name) { add("device", name); }
  void add_object(const std::string& type) { add("object", type); }
  void add_chardev(const std::string& backend) { add("chardev", backend); }
  void note(const std::string& text) { notes_.push_back(text); }

  // A device of virtio by its model, "virtio", "virtio-transitional" or "virtio-non-transitional".
  void add_virtio_device(const std::string& name, const std::string& model);

  // What memory is backed by where nothing else is said.
  void set_memory_backend(const std::string& type) { memory_backend_ = type; }
  const std::string& memory_backend() const { return memory_backend_; }

  bool has(const std::string& option, const std::string& value) const;
  std::vector<std::string> devices() const;
  std::vector<std::string> take_words() { return std::move(words_); }
  std::vector<std::string> take_notes() { return std::move(notes_); }

 private:
  std::string architecture_;
  std::string board_;
  bool kvm_;
  std::string memory_backend_ = "memory-backend-ram";
  std::vector<std::string> words_;
  std::vector<std::string> notes_;
};

}  // namespace qsbx

#endif
