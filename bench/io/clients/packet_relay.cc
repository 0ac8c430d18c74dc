// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Packets into one netdev of a QEMU and out of another, by a hub that joins them.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "bench/io/clients/command_loop.h"
#include "bench/io/clients/packet_load.h"
#include "bench/io/clients/packet_sockets.h"

namespace qsbx::bench {
namespace {

class RelayPath : public PacketPath {
 public:
  RelayPath(std::unique_ptr<PacketSender> into, std::unique_ptr<PacketReceiver> out_of)
      : into_(std::move(into)), out_of_(std::move(out_of)) {}

  bool send(std::span<const std::byte> packet) override { return into_->send(packet); }
  void flush() override { into_->flush(); }
  void receive(const TakePacket& take) override { out_of_->receive(take); }

 private:
  std::unique_ptr<PacketSender> into_;
  std::unique_ptr<PacketReceiver> out_of_;
};

}  // namespace
}  // namespace qsbx::bench

int main(int argc, char** argv) {
  using namespace qsbx::bench;
  CLI::App app("Packets through a QEMU whose netdevs are joined by a hub");
  std::string into;
  OutOfQemu out_of;
  PacketParameters parameters;
  app.add_option("--into", into, "The socket of the netdev that they go to")->required();
  out_of.add_options(app);
  parameters.add_options(app);
  CLI11_PARSE(app, argc, argv);
  return serve_commands([&] {
    auto receiver = out_of.receiver();
    auto sender = out_of.stream ? send_stream(into) : send_datagrams(into);
    const auto path = std::make_shared<RelayPath>(std::move(sender), std::move(receiver));
    const auto load = std::make_shared<PacketLoad>(parameters, *path);
    return [path, load](uint64_t operations) { return load->run(operations); };
  });
}
