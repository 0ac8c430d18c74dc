// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A child whose opens go to a broker, which is a process of its own.
#ifndef QSBX_TESTS_LOCKDOWN_BROKERED_CHILD_H_
#define QSBX_TESTS_LOCKDOWN_BROKERED_CHILD_H_

#include <functional>
#include <string>
#include <vector>

#include "src/lockdown/broker_link.h"

namespace qsbx {

// Forks a process that serves the link with this list.
Result<BrokerLink> fork_broker(const std::vector<std::string>& opens);

// Puts a filter in force that hands all opens over, and gives its listener away; what is wrong,
// else empty. `reports` is a descriptor.
std::string hand_opens_to(const BrokerLink& broker, int reports);

struct BrokeredEnd {
  int status = -1;      // of waitpid(2)
  std::string reports;  // what the broker wrote

  bool as_expected() const;
};

// The body's text is empty, or says what is wrong; it then is in front of the reports.
BrokeredEnd run_brokered(const std::vector<std::string>& opens,
                         const std::function<std::string(const BrokerLink&)>& body);

}  // namespace qsbx

#endif
