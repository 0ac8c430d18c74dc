// SPDX-License-Identifier: LGPL-2.1-or-later
//
// QEMU's qemu-nbd.c.
#include <algorithm>

#include "src/machine/long_options.h"
#include "src/machine/machine_reader.h"
#include "src/machine/storage_program.h"

namespace qsbx {
namespace {

const std::vector<LongOption>& known_options() {
  static const std::vector<LongOption> options = {
      {"help", false, 'h'},
      {"version", false, 'V'},
      {"bind", true, 'b'},
      {"port", true, 'p'},
      {"socket", true, 'k'},
      {"offset", true, 'o'},
      {"read-only", false, 'r'},
      {"allocation-depth", false, 'A'},
      {"bitmap", true, 'B'},
      {"connect", true, 'c'},
      {"disconnect", false, 'd'},
      {"list", false, 'L'},
      {"snapshot", false, 's'},
      {"load-snapshot", true, 'l'},
      {"nocache", false, 'n'},
      {"cache", true},
      {"aio", true},
      {"discard", true},
      {"detect-zeroes", true},
      {"shared", true, 'e'},
      {"format", true, 'f'},
      {"persistent", false, 't'},
      {"verbose", false, 'v'},
      {"object", true},
      {"export-name", true, 'x'},
      {"description", true, 'D'},
      {"handshake-limit", true},
      {"tls-creds", true},
      {"tls-hostname", true},
      {"tls-authz", true},
      {"image-opts", false},
      {"trace", true, 'T'},
      {"fork", false},
      {"sandbox", true},  // of our patch; it changes no part
      {"pid-file", true},
      {"selinux-label", true},
  };
  return options;
}

class NbdReader {
 public:
  explicit NbdReader(std::vector<CommandOption> options) : options_(std::move(options)) {}

  Result<CommandLine> read() {
    reader_.add("program", kNbdServer);
    reader_.add("export", "nbd");
    if (has("fork")) reader_.set_daemonize();
    // A thread of its own opens the device, and for its partition table once more, when clients are
    // served already.
    if (has("connect")) reader_.add("option", "nbd-device");
    if (has("list") || has("disconnect")) {
      reader_.note_missing("--list and --disconnect serve nothing that could be locked down");
    }
    if (auto read = read_objects(); !read) return read.error();
    if (auto read = read_image(); !read) return read.error();
    CommandLine line = reader_.finish_without_board();
    line.options = options_;
    return line;
  }

 private:
  bool has(const std::string& name) const {
    return std::ranges::count(options_, name, &CommandOption::name) != 0;
  }

  std::string value_of(const std::string& name) const {
    std::string value;
    for (const CommandOption& option : options_) {
      if (option.name == name) value = option.value;
    }
    return value;
  }

  Status read_objects() {
    for (const CommandOption& option : options_) {
      if (option.name != "object") continue;
      const auto values = OptionValues::parse(option.value, "qom-type");
      if (!values) return Error{ErrorCode::kUsage, "--object: " + values.error().message};
      reader_.read_object(*values);
    }
    return Done{};
  }

  Status read_image() {
    const std::string image = value_of("");
    if (has("snapshot")) reader_.set_snapshot();
    if (has("offset")) reader_.add("block", "raw");
    if (!has("image-opts")) {
      reader_.add_file_nodes(image, value_of("format"), value_of("aio"));
      return Done{};
    }
    const auto values = OptionValues::parse(image, "");
    if (!values) return Error{ErrorCode::kUsage, "--image-opts: " + values.error().message};
    reader_.add_file_nodes(values->get("file.filename"), values->get("driver"), value_of("aio"));
    reader_.read_block_node(*values);
    return Done{};
  }

  std::vector<CommandOption> options_;
  MachineReader reader_;
};

}  // namespace

Result<CommandLine> read_nbd_server(const std::vector<std::string>& arguments) {
  auto options = split_long_options(arguments, known_options());
  if (!options) return options.error();
  return NbdReader(std::move(*options)).read();
}

}  // namespace qsbx
