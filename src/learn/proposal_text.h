// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_LEARN_PROPOSAL_TEXT_H_
#define QSBX_LEARN_PROPOSAL_TEXT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/learn/proposal.h"

namespace qsbx {

// A file of rules that `--rules` takes, for one phase. Comments say where each rule belongs, and
// what its evidence is. `set`: to name the profiles; may be nullptr.
std::string proposals_text(const Proposals& proposals, const std::vector<Trace>& traces,
                           const ProfileSet* set);

nlohmann::ordered_json proposals_json(const Proposals& proposals, const std::vector<Trace>& traces,
                                      const ProfileSet* set);

// The rule's lines: "ioctl: cmd == KVM_RUN".
std::vector<std::string> rule_lines(const Proposal& proposal, Architecture architecture);

nlohmann::ordered_json run_names_json(const Runs& runs, const std::vector<Trace>& traces);

// "demo, raw-threads and 3 more".
std::string names_of(const Runs& runs, const std::vector<Trace>& traces);

}  // namespace qsbx

#endif
