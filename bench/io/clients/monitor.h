// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A QEMU's monitor, by which its ports are read and written as its processor would.
#ifndef QSBX_BENCH_IO_CLIENTS_MONITOR_H_
#define QSBX_BENCH_IO_CLIENTS_MONITOR_H_

#include <cstdint>
#include <string>

namespace qsbx::bench {

class Monitor {
 public:
  // A QMP server at `socket`.
  explicit Monitor(const std::string& socket);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // Whether QEMU has gone away.
  bool closed() const;

  // 1, 2 or 4 bytes.
  uint32_t read_port(uint16_t port, int size);
  void write_port(uint16_t port, int size, uint32_t value);

 private:
  // What the human monitor answers.
  std::string ask(const std::string& command);
  std::string execute(const std::string& request);
  std::string read_line();

  int socket_;
  std::string received_;
};

}  // namespace qsbx::bench

#endif
