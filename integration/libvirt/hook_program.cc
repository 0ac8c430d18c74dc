// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What libvirt's hook runs when a guest starts and ends. A program of its own, which libvirt waits
// for at each start: it needs neither libvirt's library nor what that needs, which takes longer to
// load than all that is done here.
#include <iostream>
#include <iterator>

#include "integration/libvirt/hook.h"
#include "integration/libvirt/virt_report.h"

namespace qsbx {
namespace {

int run(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: qsbx-libvirt-hook GUEST OPERATION STAGE [EXTRA], as libvirt calls it\n";
    return kBadInput;
  }
  const std::string xml = {std::istreambuf_iterator<char>(std::cin),
                           std::istreambuf_iterator<char>()};
  const Status done = run_hook({argv[1], argv[2], argv[3], xml});
  return done ? kDone : report(done.error());
}

}  // namespace
}  // namespace qsbx

int main(int argc, char** argv) { return qsbx::run(argc, argv); }
