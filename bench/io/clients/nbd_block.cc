// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Requests to a server of NBD, many at once over one connection.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "bench/io/clients/block_load.h"
#include "bench/io/clients/command_loop.h"
#include "bench/io/clients/nbd.h"

int main(int argc, char** argv) {
  using namespace qsbx::bench;
  CLI::App app("Requests to a server of NBD");
  std::string socket, name;
  BlockParameters parameters;
  app.add_option("--socket", socket, "Where the server listens")->required();
  app.add_option("--export", name, "The name of the export")->required();
  parameters.add_options(app);
  CLI11_PARSE(app, argc, argv);
  return serve_commands([&] {
    const auto server = std::make_shared<Nbd>(socket, name, parameters);
    const auto load = std::make_shared<BlockLoad>(parameters, *server);
    return [server, load](uint64_t operations) { return load->run(operations); };
  });
}
