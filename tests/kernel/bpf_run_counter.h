// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How often the kernel has run this thread's newest filter, by the kernel's own count: the run
// statistics that it keeps for every program once somebody has asked for them (BPF_ENABLE_STATS,
// Linux 5.8). A filter has no descriptor to ask through, so a small eBPF program follows the
// pointers from the thread to the counter, which the kernel's type information (BTF) describes.
#ifndef QSBX_TESTS_KERNEL_BPF_RUN_COUNTER_H_
#define QSBX_TESTS_KERNEL_BPF_RUN_COUNTER_H_

#include <cstdint>
#include <optional>
#include <string>

namespace qsbx::testing {

class BpfRunCounter {
 public:
  // Keeps the calling thread on one processor from then on: each has a count of its own. Where the
  // machine lacks something, works() is false and reason() says what.
  BpfRunCounter();
  ~BpfRunCounter();
  BpfRunCounter(const BpfRunCounter&) = delete;
  BpfRunCounter& operator=(const BpfRunCounter&) = delete;

  bool works() const { return reason_.empty(); }
  const std::string& reason() const { return reason_; }

  // The low 32 bits of the count, for the calling thread, which has a filter. Calls bpf(2) once.
  std::optional<uint32_t> runs() const;

 private:
  std::string reason_;
  int statistics_ = -1;
  int program_ = -1;
};

}  // namespace qsbx::testing

#endif
