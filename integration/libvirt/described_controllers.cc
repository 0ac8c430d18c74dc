// SPDX-License-Identifier: LGPL-2.1-or-later
#include <map>

#include "integration/libvirt/described_devices.h"

namespace qsbx {
namespace {

using Names = std::map<std::string, std::string>;

// Devices by model; no device for what a board has by itself.
const Names& usb_controllers() {
  static const Names devices = {{"piix3-uhci", "piix3-usb-uhci"},
                                {"piix4-uhci", "piix4-usb-uhci"},
                                {"ehci", "usb-ehci"},
                                {"ich9-ehci1", "ich9-usb-ehci1"},
                                {"ich9-uhci1", "ich9-usb-uhci1"},
                                {"ich9-uhci2", "ich9-usb-uhci2"},
                                {"ich9-uhci3", "ich9-usb-uhci3"},
                                {"vt82c686b-uhci", "vt82c686b-usb-uhci"},
                                {"pci-ohci", "pci-ohci"},
                                {"nec-xhci", "nec-usb-xhci"},
                                {"qemu-xhci", "qemu-xhci"},
                                {"none", ""}};
  return devices;
}

const Names& scsi_controllers() {
  static const Names devices = {{"lsilogic", "lsi"},       {"lsisas1068", "mptsas1068"},
                                {"lsisas1078", "megasas"}, {"vmpvscsi", "pvscsi"},
                                {"am53c974", "am53c974"},  {"dc390", "dc390"}};
  return devices;
}

const Names& pci_controllers() {
  static const Names devices = {{"pci-root", ""},
                                {"pcie-root", ""},
                                {"pci-bridge", "pci-bridge"},
                                {"dmi-to-pci-bridge", "i82801b11-bridge"},
                                {"pcie-to-pci-bridge", "pcie-pci-bridge"},
                                {"pcie-root-port", "pcie-root-port"},
                                {"pcie-switch-upstream-port", "x3130-upstream"},
                                {"pcie-switch-downstream-port", "xio3130-downstream"},
                                {"pci-expander-bus", "pxb"},
                                {"pcie-expander-bus", "pxb-pcie"}};
  return devices;
}

Status add_by_model(const Element& controller, const std::string& model, const Names& devices,
                    DescribedMachine& machine) {
  const auto device = devices.find(model);
  if (device == devices.end()) return not_understood(controller, "model");
  if (!device->second.empty()) machine.add_device(device->second);
  return Done{};
}

Status add_scsi_controller(const Element& controller, DescribedMachine& machine) {
  const std::string model = controller.get("model", "auto");
  if (model == "auto") {
    machine.add_device(machine.is_x86() ? "lsi" : "virtio-scsi-pci");
  } else if (model.starts_with("virtio")) {
    machine.add_virtio_device("virtio-scsi", model == "virtio-scsi" ? "" : model);
  } else {
    return add_by_model(controller, model, scsi_controllers(), machine);
  }
  return Done{};
}

Status add_pci_controller(const Element& controller, DescribedMachine& machine) {
  if (const std::string name = controller.child("model").get("name"); name == "ioh3420") {
    machine.add_device(name);
    return Done{};
  }
  return add_by_model(controller, controller.get("model"), pci_controllers(), machine);
}

}  // namespace

Status read_described_controller(const Element& controller, DescribedMachine& machine) {
  if (Status known = check_children(
          controller, {"address", "alias", "driver", "master", "model", "target", "pcihole64"});
      !known) {
    return known;
  }
  const std::string type = controller.get("type");
  if (type == "pci") return add_pci_controller(controller, machine);
  if (type == "scsi") return add_scsi_controller(controller, machine);
  if (type == "usb") {
    const std::string standard = machine.is_q35() || machine.is_virt() ? "qemu-xhci" : "piix3-uhci";
    const std::string model = controller.get("model", standard);
    return add_by_model(controller, model, usb_controllers(), machine);
  }
  if (type == "virtio-serial") {
    machine.add_virtio_device("virtio-serial", controller.get("model"));
  } else if (type == "sata") {
    if (!machine.is_q35()) machine.add_device("ahci");
  } else if (type == "fdc") {
    if (machine.is_q35()) machine.add_device("isa-fdc");
  } else if (type == "ccid") {
    machine.add_device("usb-ccid");
  } else if (type == "nvme") {
    machine.add_device("nvme");
  } else if (type != "ide" && type != "isa") {
    return not_understood(controller, "type");
  }
  return Done{};
}

}  // namespace qsbx
