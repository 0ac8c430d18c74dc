// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Opens files for a process whose filter hands its opens over. A path is read from the caller's
// memory once; what is opened is the broker's own copy of it, so that it does not matter what
// becomes of the memory afterwards.
#ifndef QSBX_LOCKDOWN_BROKER_H_
#define QSBX_LOCKDOWN_BROKER_H_

#include <map>
#include <string>

#include "src/lockdown/open_list.h"
#include "src/lockdown/quiet_opens.h"
#include "src/lockdown/report_channel.h"
#include "src/lockdown/supervisor.h"

namespace qsbx {

class Broker : public Judge {
 public:
  // Reports what it refuses to `reports`, but not `quiet`.
  Broker(const OpenList& list, ReportChannel& reports, QuietOpens quiet)
      : list_(list), reports_(reports), quiet_(std::move(quiet)) {}

  ByRegisters by_registers(const Notification& notification) override;
  ByMemory by_memory(const Notification& notification, const WaitingCaller& caller) override;
  // Reports go nowhere from then on: who reads them to their end may do that before it waits for
  // the process.
  void process_ended() override;

 private:
  uint32_t count(const std::string& path);
  void report(pid_t tid, const OpenRequest& request, const std::string& why);

  const OpenList& list_;
  ReportChannel& reports_;
  QuietOpens quiet_;
  std::map<std::string, uint32_t> refused_;
};

}  // namespace qsbx

#endif
