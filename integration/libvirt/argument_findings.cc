// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/argument_findings.h"

#include <algorithm>

#include "src/machine/option_values.h"

namespace qsbx {
namespace {

constexpr char kTakeOut[] = "take it out (virsh edit)";

struct Argument {
  std::string option;  // without its dashes
  std::string value;
  OptionValues values;

  std::string text() const { return "the argument -" + option + " " + value; }
};

class ArgumentFindings {
 public:
  explicit ArgumentFindings(std::string where) : where_(std::move(where)) {}

  void check(const std::string& option, const std::string& value);
  Findings take() { return std::move(findings_); }

 private:
  void add(const std::string& id, const std::string& what, const std::string& remedy) {
    findings_.push_back({id, where_, what, remedy});
  }
  void check_network(const Argument& argument);
  void check_scripts(const Argument& argument);
  void check_programs_of_network(const Argument& argument);
  void check_incoming(const Argument& argument);
  void check_device(const Argument& argument);
  void check_shared_folder(const Argument& argument);
  void check_sandbox(const Argument& argument);
  void check_plugin(const Argument& argument);
  void check_configuration(const Argument& argument);
  void check_process(const Argument& argument);

  std::string where_;
  Findings findings_;
};

void ArgumentFindings::check_scripts(const Argument& argument) {
  const OptionValues& values = argument.values;
  if (values.has("fd") || values.has("fds")) return;
  if (values.get("script") == "no" && values.get("downscript") == "no") return;
  add("exec", argument.text() + " needs to start scripts",
      "use <interface type='bridge'>, or script=no,downscript=no");
}

// {"guestfwd":[{"str":"tcp:..."}]} has the key guestfwd.0.str.
void ArgumentFindings::check_programs_of_network(const Argument& argument) {
  for (const auto& [key, value] : argument.values.all()) {
    if (key != "smb" && key != "guestfwd" && !key.starts_with("guestfwd.")) continue;
    add("exec", "the argument " + key + "=" + value + " needs to start programs", kTakeOut);
  }
}

void ArgumentFindings::check_network(const Argument& argument) {
  const std::string kind = argument.values.get("type");
  if (kind == "user") {
    add("slirp", argument.text() + ": QEMU itself opens sockets for the guest",
        "use <interface type='network'>");
  }
  if (kind == "bridge") {
    add("exec", argument.text() + " needs to start a helper", "use <interface type='bridge'>");
  }
  if (kind == "tap") check_scripts(argument);
  check_programs_of_network(argument);
}

void ArgumentFindings::check_incoming(const Argument& argument) {
  const OptionValues& values = argument.values;
  if (!argument.value.starts_with("exec:") && values.get("addr.transport") != "exec") return;
  add("exec", argument.text() + " needs to start a program", "let libvirt migrate the guest");
}

void ArgumentFindings::check_shared_folder(const Argument& argument) {
  add("9p", argument.text() + ": QEMU itself opens files for the guest",
      "use <filesystem> with <driver type='virtiofs'/>");
}

void ArgumentFindings::check_device(const Argument& argument) {
  if (argument.values.get("driver").starts_with("virtio-9p")) check_shared_folder(argument);
}

void ArgumentFindings::check_sandbox(const Argument& argument) {
  const OptionValues& values = argument.values;
  const bool off = values.has("enable") && !values.is_on("enable");
  if (off || values.get("spawn") == "allow") add("sandbox-argument", argument.text(), kTakeOut);
}

void ArgumentFindings::check_plugin(const Argument& argument) {
  add("plugin", argument.text() + ": other code runs in QEMU, from its start", kTakeOut);
}

void ArgumentFindings::check_configuration(const Argument& argument) {
  add("readconfig", argument.text() + ": what that file has is not seen here",
      "write it as arguments (virsh edit)");
}

void ArgumentFindings::check_process(const Argument& argument) {
  add("exec", "the argument -" + argument.option + " is none that libvirt's guests can have",
      kTakeOut);
}

void ArgumentFindings::check(const std::string& option, const std::string& value) {
  struct Check {
    const char* option;
    const char* implied_key;
    void (ArgumentFindings::*check)(const Argument&);
  };
  constexpr Check kChecks[] = {{"netdev", "type", &ArgumentFindings::check_network},
                               {"nic", "type", &ArgumentFindings::check_network},
                               {"net", "type", &ArgumentFindings::check_network},
                               {"incoming", "uri", &ArgumentFindings::check_incoming},
                               {"device", "driver", &ArgumentFindings::check_device},
                               {"fsdev", "fsdriver", &ArgumentFindings::check_shared_folder},
                               {"virtfs", "fsdriver", &ArgumentFindings::check_shared_folder},
                               {"sandbox", "enable", &ArgumentFindings::check_sandbox},
                               {"plugin", "file", &ArgumentFindings::check_plugin},
                               {"readconfig", "file", &ArgumentFindings::check_configuration},
                               {"runas", "user", &ArgumentFindings::check_process},
                               {"daemonize", "", &ArgumentFindings::check_process}};
  const auto known = std::ranges::find(kChecks, option, &Check::option);
  if (known == std::end(kChecks)) return;
  auto values = OptionValues::parse(value, known->implied_key);
  if (!values) {
    add("argument", "the argument -" + option + ": " + values.error().message,
        "correct <qemu:commandline> (virsh edit); it does not start until then");
    return;
  }
  (this->*known->check)({option, value, std::move(values).value()});
}

// Without its dashes, of which QEMU takes one or two; empty for what is no option.
std::string option_in(const std::string& word) {
  if (!word.starts_with("-")) return "";
  return word.substr(word.starts_with("--") ? 2 : 1);
}

}  // namespace

Findings findings_in_arguments(const std::vector<std::string>& arguments,
                               const std::string& where) {
  ArgumentFindings findings(where);
  for (size_t i = 0; i < arguments.size(); ++i) {
    findings.check(option_in(arguments[i]), i + 1 < arguments.size() ? arguments[i + 1] : "");
  }
  return findings.take();
}

}  // namespace qsbx
