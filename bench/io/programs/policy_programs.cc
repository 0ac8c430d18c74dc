// SPDX-License-Identifier: LGPL-2.1-or-later
//
// policy_programs: what our compiler and libseccomp make of the policy of one machine.
//
//   policy_programs --output DIR -- QEMU ARG...
//
// writes DIR/NAME.boot.bpf and DIR/NAME.run.bpf, for the two phases, where NAME is qsbx, libseccomp
// and libseccomp-optimized; and on standard output, as JSON, how many instructions each has and of
// which calls libseccomp's programs leave something out (bench/libseccomp_program.h). A program
// that serves disks has no phase boot.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/expect.h"
#include "bench/libseccomp_program.h"
#include "src/compile/compile.h"
#include "src/machine/command_line.h"
#include "src/machine/selection.h"
#include "src/machine/storage_program.h"
#include "src/verify/verify.h"
#include "tests/proof/shipped_policies.h"

namespace qsbx::bench {
namespace {

// Those of qsbx run in mode enforce.
Actions actions() { return actions_for(Mode::kEnforce); }

class Output {
 public:
  explicit Output(std::string folder) : folder_(std::move(folder)) {}

  void add(const std::string& name, const std::string& phase, const Program& program,
           const std::vector<std::string>& loosened = {}) {
    const std::string file = folder_ + "/" + name + "." + phase + ".bpf";
    std::ofstream stream(file, std::ios::binary);
    stream.write(reinterpret_cast<const char*>(program.data()),
                 static_cast<std::streamsize>(program.size() * sizeof(Instruction)));
    if (!stream.flush()) {
      std::cerr << "policy_programs: cannot write " << file << "\n";
      exit(2);
    }
    programs_.push_back({{"name", name},
                         {"phase", phase},
                         {"file", file},
                         {"instructions", program.size()},
                         {"loosened", loosened}});
  }

  void print() const { std::cout << nlohmann::ordered_json{{"programs", programs_}} << "\n"; }

 private:
  std::string folder_;
  nlohmann::ordered_json programs_ = nlohmann::ordered_json::array();
};

void add_policy(Output& output, const std::string& phase, const Policy& policy,
                const ProfileSet& set) {
  Program ours = expect(compile(policy, actions(), set.weights()), phase);
  output.add("qsbx", phase, expect(verify(std::move(ours), policy, actions()), phase).program());
  for (const int optimize : {1, 2}) {
    const LibseccompProgram made =
        expect(libseccomp_program(policy, actions().deny, optimize), phase);
    output.add(optimize == 1 ? "libseccomp" : "libseccomp-optimized", phase, made.program,
               made.loosened);
  }
}

Policy machine_policy(const std::vector<std::string>& command, const ProfileSet& set) {
  const CommandLine line = expect(read_command_line(command), command.front());
  const Selection selection = expect(select_profiles(line.machine, set));
  if (!selection.uncovered.empty()) {
    std::cerr << "policy_programs: " << uncovered_error(selection, set).to_string() << "\n";
    exit(2);
  }
  return expect(compose(selection, {}, set.architecture()));
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder;
  std::vector<std::string> command;
  CLI::App app("What our compiler and libseccomp make of the policy of one machine");
  app.add_option("--output", folder, "The folder to write to")->required();
  app.add_option("command", command, "QEMU and its options")->required();
  app.positionals_at_end();
  CLI11_PARSE(app, argc, argv);
  const ProfileSet set = shipped_profiles(native_architecture());
  Output output(folder);
  if (storage_program(command.front()).empty()) {
    add_policy(output, "boot", boot_policy(set), set);
  }
  add_policy(output, "run", machine_policy(command, set), set);
  output.print();
  return 0;
}

}  // namespace qsbx::bench

int main(int argc, char** argv) { return qsbx::bench::main(argc, argv); }
