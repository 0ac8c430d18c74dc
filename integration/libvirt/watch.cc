// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx virt watch: what becomes of guests, with the violation that stopped one.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "integration/libvirt/connection.h"
#include "integration/libvirt/guest_watch.h"
#include "integration/libvirt/libvirt_daemon.h"
#include "integration/libvirt/virt_commands.h"
#include "integration/libvirt/virt_report.h"
#include "integration/libvirt/watch_output.h"

namespace qsbx {
namespace {

struct WatchOptions {
  bool json = false;
  bool journal = false;
  std::string metrics;
  bool stop_unprotected = false;
  bool once = false;
};

Outputs outputs_for(const WatchOptions& options) {
  Outputs outputs;
  if (options.journal) outputs.push_back(journal_output());
  if (!options.metrics.empty()) outputs.push_back(metrics_output(options.metrics));
  if (options.json || outputs.empty()) outputs.push_back(json_output());
  return outputs;
}

Status watch(const WatchOptions& options) {
  Outputs outputs = outputs_for(options);
  const LibvirtDaemon daemon = daemon_of(getuid());
  if (options.once) return tell_what_is(daemon, outputs);
  return watch_guests(daemon, outputs,
                      options.stop_unprotected ? Unprotected::kStop : Unprotected::kTell);
}

}  // namespace

void add_watch_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand(
      "watch", "What becomes of guests, and which violation it was that stopped one");
  auto options = std::make_shared<WatchOptions>();
  command->add_flag("--json", options->json,
                    "A line of JSON for each event; as when nothing is chosen");
  command->add_flag("--journal", options->journal, "To the journal, with fields");
  command->add_option("--metrics", options->metrics, "A text file for Prometheus, always whole")
      ->type_name("FILE");
  CLI::Option* stop =
      command->add_flag("--stop-unprotected", options->stop_unprotected,
                        "Destroy a guest that runs, or resumes, less protected than declared");
  command->add_flag("--once", options->once, "Say what is so now of each guest, and end")
      ->excludes(stop);
  command->callback([options, &exit_status] {
    const Status done = watch(*options);
    exit_status = done ? kDone : report(done.error());
  });
}

}  // namespace qsbx
