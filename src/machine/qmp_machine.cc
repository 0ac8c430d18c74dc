// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/qmp_machine.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "src/machine/qom_tree.h"

namespace qsbx {
namespace {

using Json = nlohmann::json;

std::string string_in(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool bool_in(const Json& object, const char* key) {
  if (!object.is_object()) return false;
  auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

int int_in(const Json& object, const char* key) {
  if (!object.is_object()) return 0;
  auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int>() : 0;
}

bool has(const Json& properties, std::string_view name) {
  return std::ranges::any_of(
      properties, [&](const Json& property) { return string_in(property, "name") == name; });
}

// Every device has these two, and nothing else has both. To ask QEMU which types are devices
// (qom-list-types) would make it load all its modules.
bool is_device(const Json& properties) {
  return has(properties, "realized") && has(properties, "hotplugged");
}

// Most objects of a machine that are no devices. Only what is well known need be here: of another
// type QEMU is asked.
bool is_no_device(std::string_view type) {
  constexpr std::string_view kTypes[] = {"container",
                                         "irq",
                                         "System",
                                         "PCI",
                                         "PCIE",
                                         "ISA",
                                         "IDE",
                                         "SCSI",
                                         "i2c-bus",
                                         "usb-bus",
                                         "sd-bus",
                                         "floppy-bus",
                                         "virtio-pci-bus",
                                         "virtio-serial-bus"};
  return type.ends_with("memory-region") || std::ranges::find(kTypes, type) != std::end(kTypes);
}

bool is_below(std::string_view path, std::string_view parent) {
  return path.size() > parent.size() && path.starts_with(parent) && path[parent.size()] == '/';
}

QmpCommand monitor_command(const char* line) {
  return {"human-monitor-command", {{"command-line", line}}};
}

Error not_answered(const std::string& command, Error error) {
  error.message = "QEMU does not answer " + command + ": " + error.message;
  return error;
}

Result<std::vector<QomObject>> read_tree(QmpClient& qmp) {
  const auto answer = qmp.execute(monitor_command("info qom-tree /"));
  if (!answer) return not_answered("info qom-tree", answer.error());
  auto objects = parse_qom_tree(answer->is_string() ? answer->get<std::string>() : "");
  if (!objects) return objects;
  const auto machine = std::ranges::find(*objects, "/machine", &QomObject::path);
  if (machine != objects->end()) return objects;
  return Error{ErrorCode::kState, "QEMU's tree of objects has no machine"};
}

// Of what QEMU refuses to answer for: it may have been unplugged since the tree was printed, and is
// none of the machine's then. What is still there may be a device for all that is known.
Status add_if_still_there(QmpClient& qmp, const std::set<std::string>& types, Machine& machine) {
  if (types.empty()) return Done{};
  const auto tree = read_tree(qmp);
  if (!tree) return tree.error();
  for (const QomObject& object : *tree) {
    if (is_below(object.path, "/machine") && types.contains(object.type)) {
      machine.add("device", object.type);
    }
  }
  return Done{};
}

// Adds those of the objects that are devices, one of each type.
Status add_if_devices(QmpClient& qmp, const std::map<std::string, std::string>& path_by_type,
                      Machine& machine) {
  std::vector<QmpCommand> commands;
  for (const auto& [type, path] : path_by_type) {
    commands.push_back({"qom-list", {{"path", path}}});
  }
  auto answer = qmp.execute_all(commands);
  auto next = answer.begin();
  std::set<std::string> refused;
  for (const auto& [type, path] : path_by_type) {
    const auto& properties = *next++;
    if (!properties && properties.error().code == ErrorCode::kState) return properties.error();
    if (!properties) refused.insert(type);
    if (properties && is_device(*properties)) machine.add("device", type);
  }
  return add_if_still_there(qmp, refused, machine);
}

Status add_devices(QmpClient& qmp, const std::vector<QomObject>& tree,
                   const IsDeviceType& is_known_device, Machine& machine) {
  std::map<std::string, std::string> unknown;
  for (const QomObject& object : tree) {
    if (!is_below(object.path, "/machine") || is_no_device(object.type)) continue;
    if (machine.parts.contains({"device", object.type})) continue;
    if (is_known_device && is_known_device(object.type)) {
      machine.add("device", object.type);
    } else {
      unknown.emplace(object.type, object.path);
    }
  }
  return add_if_devices(qmp, unknown, machine);
}

// Of some graphics cards: pictures in memory that the guest and the host share, made when the guest
// asks for them. Other cards refuse to answer.
Status add_blobs(QmpClient& qmp, const std::vector<QomObject>& tree, Machine& machine) {
  std::vector<QmpCommand> commands;
  for (const QomObject& object : tree) {
    if (!object.type.starts_with("virtio-gpu") && !object.type.starts_with("virtio-vga")) continue;
    commands.push_back({"qom-get", {{"path", object.path}, {"property", "blob"}}});
  }
  for (const auto& blob : qmp.execute_all(commands)) {
    if (!blob && blob.error().code == ErrorCode::kState) return blob.error();
    if (blob && *blob == true) machine.add("option", "virtio-gpu-blob");
  }
  return Done{};
}

// What has a folder of its own in the tree.
void add_backends(const std::vector<QomObject>& tree, const std::string& left_out,
                  Machine& machine) {
  constexpr std::string_view kChardev = "chardev-";
  for (const QomObject& object : tree) {
    const std::string_view folder = parent_path(object.path);
    if (object.path == "/machine") machine.add("machine", object.type);
    if (folder == "/objects") machine.add("object", object.type);
    if (folder != "/chardevs" || name_in_path(object.path) == left_out) continue;
    if (object.type.starts_with(kChardev)) {
      machine.add("chardev", object.type.substr(kChardev.size()));
    }
  }
}

// Some lines look like " \ net0: index=0,type=user,net=10.0.2.0", others like
// "hub0port0: socket.0: index=0,type=user". A network card is no netdev but a device.
void add_netdevs(const Json& answer, Machine& machine) {
  if (!answer.is_string()) return;
  std::istringstream lines(answer.get<std::string>());
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kKey = ",type=";
    size_t key = line.find(kKey);
    if (key == std::string::npos) continue;
    size_t begin = key + kKey.size();
    std::string type = line.substr(begin, line.find_first_of(",\r", begin) - begin);
    if (type != "nic") machine.add("netdev", type);
  }
}

void add_block_nodes(const Json& answer, Machine& machine) {
  for (const Json& node : answer) {
    if (std::string driver = string_in(node, "drv"); !driver.empty()) machine.add("block", driver);
  }
}

void add_accelerator(const Json& answer, Machine& machine) {
  machine.add("accelerator", bool_in(answer, "enabled") ? "kvm" : "tcg");
}

void add_display(const Json& answer, Machine& machine) {
  if (std::string type = string_in(answer, "type"); !type.empty()) machine.add("display", type);
}

void add_tpms(const Json& answer, Machine& machine) {
  for (const Json& tpm : answer) {
    auto options = tpm.is_object() ? tpm.find("options") : tpm.end();
    if (options == tpm.end()) continue;
    if (std::string type = string_in(*options, "type"); !type.empty()) machine.add("tpm", type);
  }
}

void add_audiodevs(const Json& answer, Machine& machine) {
  for (const Json& audiodev : answer) {
    std::string driver = string_in(audiodev, "driver");
    if (!driver.empty()) machine.add("audio", driver);
  }
}

struct Question {
  QmpCommand command;
  bool always_there;  // in every QEMU; the others come and go with how it was built
  std::function<void(const Json&, Machine&)> add;
};

bool has_device(const Machine& machine, std::string_view prefix) {
  return std::ranges::any_of(machine.parts, [&](const Part& part) {
    return part.kind == "device" && part.name.starts_with(prefix);
  });
}

// QEMU reads its monitor byte by byte, each in a turn of its main loop, so what need not be asked
// is not.
std::vector<Question> questions(const Machine& known) {
  std::vector<Question> asked = {
      {monitor_command("info network"), true, add_netdevs},
      {{"query-named-block-nodes", {{"flat", true}}}, true, add_block_nodes},
      {{"query-kvm"}, true, add_accelerator},
      {{"query-display-options"}, true, add_display},
      {{"query-vnc"},
       false,
       [](const Json& answer, Machine& machine) {
         if (bool_in(answer, "enabled")) machine.add("display", "vnc");
       }},
      {{"query-audiodevs"}, false, add_audiodevs}};
  if (has_device(known, "tpm-")) asked.push_back({{"query-tpm"}, false, add_tpms});
  return asked;
}

Status ask_for_the_rest(QmpClient& qmp, Machine& machine) {
  const auto asked = questions(machine);
  std::vector<QmpCommand> commands;
  for (const Question& question : asked) commands.push_back(question.command);
  auto answers = qmp.execute_all(commands);
  for (size_t i = 0; i < asked.size(); ++i) {
    if (answers[i]) {
      asked[i].add(*answers[i], machine);
    } else if (asked[i].always_there || answers[i].error().code == ErrorCode::kState) {
      return not_answered(commands[i].name, answers[i].error());
    }
  }
  return Done{};
}

}  // namespace

void add_version(const Json& version, Machine& machine) {
  add_parts_of_version(machine, {int_in(version, "major"), int_in(version, "minor")});
}

// query-kvm changes nothing, is always there, and is refused before the devices are.
Result<bool> machine_exists(QmpClient& qmp) {
  auto answer = qmp.execute({"query-kvm"});
  if (answer) return true;
  if (answer.error().code == ErrorCode::kUsage) return false;
  return answer.error();
}

Result<Machine> read_machine(QmpClient& qmp, const std::string& left_out,
                             const IsDeviceType& is_known_device) {
  const auto tree = read_tree(qmp);
  if (!tree) return tree.error();
  Machine machine;
  add_backends(*tree, left_out, machine);
  if (auto added = add_devices(qmp, *tree, is_known_device, machine); !added) return added.error();
  if (auto added = add_blobs(qmp, *tree, machine); !added) return added.error();
  if (auto added = ask_for_the_rest(qmp, machine); !added) return added.error();
  add_version(qmp.version(), machine);  // last: what it adds depends on the rest
  return machine;
}

}  // namespace qsbx
