// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/described_machine.h"

#include <algorithm>
#include <filesystem>

#include "integration/libvirt/described_devices.h"
#include "integration/libvirt/element.h"
#include "integration/libvirt/qemu_request.h"
#include "integration/libvirt/xml.h"

namespace qsbx {
namespace {

using Words = std::vector<std::string>;

Status check_domain(const Element& domain) {
  return check_children(domain, {"name",
                                 "uuid",
                                 "genid",
                                 "hwuuid",
                                 "title",
                                 "description",
                                 "metadata",
                                 "memory",
                                 "maxMemory",
                                 "currentMemory",
                                 "memoryBacking",
                                 "vcpu",
                                 "vcpus",
                                 "iothreads",
                                 "iothreadids",
                                 "defaultiothread",
                                 "cputune",
                                 "numatune",
                                 "blkiotune",
                                 "memtune",
                                 "resource",
                                 "os",
                                 "features",
                                 "cpu",
                                 "clock",
                                 "on_poweroff",
                                 "on_reboot",
                                 "on_crash",
                                 "on_lockfailure",
                                 "pm",
                                 "perf",
                                 "seclabel",
                                 "keywrap",
                                 "launchSecurity",
                                 "sysinfo",
                                 "devices",
                                 "qemu:commandline",
                                 "qemu:deprecation"});
}

// The board as the description has it, "pc" where it has none.
Result<std::string> board_of(const Element& domain) {
  const Element os = domain.child("os");
  const Element type = os.child("type");
  if (type.text() != "hvm") return error_at(type ? type : os, "libvirt's QEMU has hvm only");
  const std::string architecture = type.get("arch", "x86_64");
  const bool has_standard = architecture == "x86_64" || architecture == "i686";
  const std::string board = type.get("machine", has_standard ? "pc" : "");
  if (!board.empty()) return board;
  return error_at(type, "it has no machine, and only libvirt knows which one it takes");
}

Result<bool> has_kvm(const Element& domain) {
  const std::string type = domain.get("type");
  if (type == "kvm" || type == "qemu") return type == "kvm";
  return not_understood(domain, "type");
}

// Without the launcher's ending: what is started in the end.
std::string qemu_of(const Element& domain) {
  std::string emulator = domain.child("devices").child("emulator").text();
  const std::string ending = kLauncherEnding;
  if (emulator.ends_with(ending)) return emulator.substr(0, emulator.size() - ending.size());
  if (!emulator.empty()) return emulator;
  return "qemu-system-" + domain.child("os").child("type").get("arch", "x86_64");
}

// What libvirt gives every guest.
void add_what_all_have(DescribedMachine& machine) {
  machine.add("name", "guest,debug-threads=on");
  machine.add_object("secret");
  machine.add_flag("nodefaults");
  machine.add_chardev("socket");
  machine.add("mon", "chardev=monitor,mode=control");
  machine.add("sandbox", "on");
  machine.add_flag("S");
}

Status read_os(const Element& os, DescribedMachine& machine) {
  if (Status known = check_children(
          os, {"type", "loader", "nvram", "boot", "kernel", "initrd", "cmdline", "dtb", "bootmenu",
               "bios", "smbios", "acpi", "firmware", "shim", "varstore"});
      !known) {
    return known;
  }
  const bool is_flash = os.child("loader").get("type") == "pflash" || os.child("nvram");
  if (os.child("varstore")) machine.add_device("uefi-vars-x64");
  if (!is_flash && os.get("firmware") != "efi") return Done{};
  for (const char* format : {"raw", "qcow2"}) {
    machine.add("blockdev", std::string("driver=") + format + ",file.driver=file");
  }
  return Done{};
}

Status read_features(const Element& features, DescribedMachine& machine) {
  if (Status known = check_children(
          features, {"acpi",     "apic",      "pae",        "hap",    "privnet",
                     "viridian", "hyperv",    "pvspinlock", "kvm",    "pmu",
                     "vmport",   "gic",       "smm",        "ioapic", "hpt",
                     "htm",      "nested-hv", "vmcoreinfo", "msrs",   "ccf-assist",
                     "cfpc",     "sbbc",      "ibs",        "tcg",    "async-teardown",
                     "ras",      "ps2",       "aia"});
      !known) {
    return known;
  }
  const auto is_on = [&](const char* name) {
    const Element feature = features.child(name);
    return feature && feature.get("state", feature.get("enabled", "on")) != "off" &&
           feature.get("enabled") != "no";
  };
  if (is_on("vmcoreinfo")) machine.add_device("vmcoreinfo");
  if (is_on("async-teardown")) machine.add("run-with", "async-teardown=on");
  return Done{};
}

Status read_memory_backing(const Element& backing, DescribedMachine& machine) {
  if (Status known = check_children(backing, {"hugepages", "nosharepages", "locked", "source",
                                              "access", "allocation", "discard"});
      !known) {
    return known;
  }
  const std::string source = backing.child("source").get("type", "anonymous");
  if (source == "memfd") {
    machine.set_memory_backend("memory-backend-memfd");
  } else if (source == "file" || backing.child("hugepages")) {
    machine.set_memory_backend("memory-backend-file");
  } else if (source != "anonymous") {
    return not_understood(backing.child("source"), "type");
  }
  if (backing.child("locked")) machine.add("overcommit", "mem-lock=on");
  // There while memory is allocated, and gone before the guest runs.
  if (backing.child("allocation")) machine.add_object("thread-context");
  return Done{};
}

void add_memory(const Element& cells, DescribedMachine& machine) {
  machine.add_object(machine.memory_backend());
  if (!cells) return machine.add("machine", "memory-backend=ram");
  machine.add("numa", "node,memdev=ram");
}

Status read_processor(const Element& cpu, DescribedMachine& machine) {
  if (Status known = check_children(
          cpu, {"model", "vendor", "topology", "feature", "cache", "maxphysaddr", "numa"});
      !known) {
    return known;
  }
  add_memory(cpu.child("numa"), machine);
  return Done{};
}

Status read_clock(const Element& clock, DescribedMachine& machine) {
  if (Status known = check_children(clock, {"timer"}); !known) return known;
  const std::string offset = clock.get("offset", "utc");
  const bool is_local =
      offset == "localtime" || offset == "timezone" || clock.get("basis") == "localtime";
  if (is_local) machine.add("rtc", "base=localtime");
  return Done{};
}

Status read_launch_security(const Element& security, DescribedMachine& machine) {
  const std::string type = security.get("type");
  if (type.empty()) return security ? not_understood(security, "type") : Status(Done{});
  machine.add_object(type + "-guest");
  return Done{};
}

void add_threads(const Element& domain, DescribedMachine& machine) {
  const bool has_threads = domain.child("iothreadids") || domain.child("iothreads").text() > "0";
  if (has_threads) machine.add_object("iothread");
}

void add_own_arguments(const Element& domain, Words& words) {
  for (const Element& argument : domain.child("qemu:commandline").children("qemu:arg")) {
    words.push_back(argument.get("value"));
  }
}

Status read_domain_elements(const Element& domain, DescribedMachine& machine) {
  using Reader = Status (*)(const Element&, DescribedMachine&);
  // Memory's backing before what is backed by it.
  constexpr std::pair<const char*, Reader> kReaders[] = {{"os", read_os},
                                                         {"features", read_features},
                                                         {"memoryBacking", read_memory_backing},
                                                         {"cpu", read_processor},
                                                         {"clock", read_clock},
                                                         {"launchSecurity", read_launch_security},
                                                         {"devices", read_described_devices}};
  for (const auto& [name, read] : kReaders) {
    if (Status done = read(domain.child(name), machine); !done) return done;
  }
  if (domain.child("genid")) machine.add_device("vmgenid");
  add_threads(domain, machine);
  return Done{};
}

}  // namespace

void DescribedMachine::add(const std::string& option, const std::string& value) {
  if (has(option, value)) return;
  words_.push_back("-" + option);
  words_.push_back(value);
}

bool DescribedMachine::has(const std::string& option, const std::string& value) const {
  const Words wanted = {"-" + option, value};
  return std::search(words_.begin(), words_.end(), wanted.begin(), wanted.end()) != words_.end();
}

std::vector<std::string> DescribedMachine::devices() const {
  std::vector<std::string> devices;
  for (size_t i = 1; i < words_.size(); ++i) {
    if (words_[i - 1] == "-device") devices.push_back(words_[i]);
  }
  return devices;
}

void DescribedMachine::add_virtio_device(const std::string& name, const std::string& model) {
  const std::string ending = model.starts_with("virtio-") ? model.substr(6) : "";
  add_device(name + (board_ == "microvm" ? "-device" : "-pci") + ending);
}

std::string memory_backend_of(const Element& memory, const DescribedMachine& machine) {
  const Element source = memory.child("source");
  const bool is_file = source.child("path") || source.child("pagesize");
  return is_file ? "memory-backend-file" : machine.memory_backend();
}

Result<DescribedCommand> command_of_description(const std::string& xml) {
  const auto document = Xml::parse(xml, "domain");
  if (!document) return document.error();
  const Element domain(document->root());
  if (Status known = check_domain(domain); !known) return known.error();
  const auto kvm = has_kvm(domain);
  const auto board = board_of(domain);
  if (!kvm) return kvm.error();
  if (!board) return board.error();
  const std::string architecture = domain.child("os").child("type").get("arch", "x86_64");
  DescribedMachine machine(architecture, *board, *kvm);
  machine.add("machine", *board);
  machine.add("accel", *kvm ? "kvm" : "tcg");
  add_what_all_have(machine);
  if (Status read = read_domain_elements(domain, machine); !read) return read.error();
  DescribedCommand command = {machine.take_words(), machine.take_notes()};
  command.words.insert(command.words.begin(), qemu_of(domain));
  add_own_arguments(domain, command.words);
  return command;
}

}  // namespace qsbx
