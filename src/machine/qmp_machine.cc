// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/qmp_machine.h"

#include <algorithm>
#include <functional>
#include <sstream>

namespace qsbx {
namespace {

using Json = nlohmann::json;

struct Property {
  std::string name;
  std::string type;
};

struct QomObject {
  std::string path;
  std::string type;
};

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

std::vector<Property> properties_in(const Json& answer) {
  std::vector<Property> properties;
  for (const Json& entry : answer) {
    properties.push_back({string_in(entry, "name"), string_in(entry, "type")});
  }
  return properties;
}

// "VGA" for "child<VGA>", empty for what is no child.
std::string child_type(const std::string& property_type) {
  constexpr std::string_view kPrefix = "child<";
  if (!property_type.starts_with(kPrefix) || !property_type.ends_with('>')) return {};
  return property_type.substr(kPrefix.size(), property_type.size() - kPrefix.size() - 1);
}

QmpCommand list(const std::string& path) { return {"qom-list", {{"path", path}}}; }

bool has(const std::vector<Property>& properties, std::string_view name) {
  return std::ranges::any_of(properties,
                             [&](const Property& property) { return property.name == name; });
}

// Every device has these two, and nothing else has both. To ask QEMU which types are devices
// (qom-list-types) would make it load all its modules.
bool is_device(const std::vector<Property>& properties) {
  return has(properties, "realized") && has(properties, "hotplugged");
}

// Most objects of a machine are of these types, and have no devices below them.
bool has_no_devices_below(std::string_view type) {
  return type == "irq" || type.ends_with("memory-region");
}

// Pictures in memory that the guest and the host share, made when the guest asks for them.
Status add_blob(QmpClient& qmp, const std::string& path, Machine& machine) {
  auto blob = qmp.execute({"qom-get", {{"path", path}, {"property", "blob"}}});
  if (!blob && blob.error().code == ErrorCode::kState) return blob.error();
  if (blob && *blob == true) machine.add("option", "virtio-gpu-blob");
  return Done{};
}

// One level of the QOM tree: adds the devices among `objects` and gives their children. An object
// that has gone since its parent was listed is none of the machine's.
Result<std::vector<QomObject>> read_level(QmpClient& qmp, const std::vector<QomObject>& objects,
                                          Machine& machine) {
  std::vector<QmpCommand> commands;
  for (const QomObject& object : objects) commands.push_back(list(object.path));
  auto answers = qmp.execute_all(commands);
  std::vector<QomObject> children;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (!answers[i] && answers[i].error().code == ErrorCode::kState) return answers[i].error();
    if (!answers[i]) continue;
    auto properties = properties_in(*answers[i]);
    if (is_device(properties)) machine.add("device", objects[i].type);
    if (objects[i].type.starts_with("virtio-") && has(properties, "blob")) {
      if (auto added = add_blob(qmp, objects[i].path, machine); !added) return added.error();
    }
    for (const Property& property : properties) {
      std::string type = child_type(property.type);
      if (type.empty() || has_no_devices_below(type)) continue;
      children.push_back({objects[i].path + "/" + property.name, type});
    }
  }
  return children;
}

Status add_devices(QmpClient& qmp, Machine& machine) {
  auto root = qmp.execute({"qom-get", {{"path", "/machine"}, {"property", "type"}}});
  if (!root) return root.error();
  if (!root->is_string()) return Error{ErrorCode::kState, "QEMU does not name its machine type"};
  machine.add("machine", root->get<std::string>());
  std::vector<QomObject> level = {{"/machine", root->get<std::string>()}};
  while (!level.empty()) {
    auto next = read_level(qmp, level, machine);
    if (!next) return next.error();
    level = *next;
  }
  return Done{};
}

void add_chardevs(const Json& answer, const std::string& left_out, Machine& machine) {
  constexpr std::string_view kPrefix = "chardev-";
  for (const Property& property : properties_in(answer)) {
    std::string type = child_type(property.type);
    if (property.name == left_out || !type.starts_with(kPrefix)) continue;
    machine.add("chardev", type.substr(kPrefix.size()));
  }
}

void add_objects(const Json& answer, Machine& machine) {
  for (const Property& property : properties_in(answer)) {
    if (std::string type = child_type(property.type); !type.empty()) machine.add("object", type);
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

// Since 9.2 the pixels of a screen are in memory that can be shared (ui/qemu-pixman.c).
void add_version(const Json& answer, Machine& machine) {
  const auto version = answer.is_object() ? answer.find("qemu") : answer.end();
  if (version == answer.end()) return;
  const std::pair number = {int_in(*version, "major"), int_in(*version, "minor")};
  if (number >= std::pair(9, 2) && has_screen(machine)) machine.add("option", "shared-surfaces");
}

struct Question {
  QmpCommand command;
  bool always_there;  // in every QEMU; the others come and go with how it was built
  std::function<void(const Json&, Machine&)> add;
};

std::vector<Question> questions(const std::string& left_out) {
  auto chardevs = [left_out](const Json& answer, Machine& machine) {
    add_chardevs(answer, left_out, machine);
  };
  auto server = [](const char* name) {
    return [name](const Json& answer, Machine& machine) {
      if (bool_in(answer, "enabled")) machine.add("display", name);
    };
  };
  QmpCommand network = {"human-monitor-command", {{"command-line", "info network"}}};
  return {{list("/chardevs"), true, chardevs},
          {list("/objects"), true, add_objects},
          {network, true, add_netdevs},
          {{"query-named-block-nodes", {{"flat", true}}}, true, add_block_nodes},
          {{"query-kvm"}, true, add_accelerator},
          {{"query-display-options"}, true, add_display},
          {{"query-vnc"}, false, server("vnc")},
          {{"query-spice"}, false, server("spice")},
          {{"query-tpm"}, false, add_tpms},
          {{"query-audiodevs"}, false, add_audiodevs},
          // Last: what it adds depends on the rest.
          {{"query-version"}, true, add_version}};
}

Status add_backends(QmpClient& qmp, const std::string& left_out, Machine& machine) {
  auto asked = questions(left_out);
  std::vector<QmpCommand> commands;
  for (const Question& question : asked) commands.push_back(question.command);
  auto answers = qmp.execute_all(commands);
  for (size_t i = 0; i < asked.size(); ++i) {
    if (answers[i]) {
      asked[i].add(*answers[i], machine);
    } else if (asked[i].always_there || answers[i].error().code == ErrorCode::kState) {
      Error error = answers[i].error();
      error.message = "QEMU does not answer " + commands[i].name + ": " + error.message;
      return error;
    }
  }
  return Done{};
}

}  // namespace

// query-kvm changes nothing, is always there, and is refused before the devices are.
Result<bool> machine_exists(QmpClient& qmp) {
  auto answer = qmp.execute({"query-kvm"});
  if (answer) return true;
  if (answer.error().code == ErrorCode::kUsage) return false;
  return answer.error();
}

Result<Machine> read_machine(QmpClient& qmp, const std::string& left_out) {
  Machine machine;
  if (auto added = add_devices(qmp, machine); !added) return added.error();
  if (auto added = add_backends(qmp, left_out, machine); !added) return added.error();
  return machine;
}

}  // namespace qsbx
