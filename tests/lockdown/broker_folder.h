// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files for a broker to open, or not to. Each has its path below the folder for content.
//
//   file  secret  in/file  in/sub/deep  in/link -> ../secret  in/out -> ..  in/pipe  into/file
#ifndef QSBX_TESTS_LOCKDOWN_BROKER_FOLDER_H_
#define QSBX_TESTS_LOCKDOWN_BROKER_FOLDER_H_

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace qsbx {

class BrokerFolder {
 public:
  BrokerFolder() {
    char name[] = "/tmp/qsbx-broker-XXXXXX";
    path_ = std::filesystem::canonical(mkdtemp(name)).string();
    for (const char* folder : {"in", "in/sub", "into"}) {
      std::filesystem::create_directory(of(folder));
    }
    for (const char* file : {"file", "secret", "in/file", "in/sub/deep", "into/file"}) write(file);
    std::filesystem::create_symlink("../secret", of("in/link"));
    std::filesystem::create_symlink("..", of("in/out"));
    (void)!mkfifo(of("in/pipe").c_str(), 0600);
  }
  ~BrokerFolder() { std::filesystem::remove_all(path_); }
  BrokerFolder(const BrokerFolder&) = delete;
  BrokerFolder& operator=(const BrokerFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string of(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name) const { std::ofstream(of(name)) << name; }

 private:
  std::string path_;
};

// What can be read there; the descriptor is closed.
inline std::string content(int descriptor) {
  char room[256];
  const ssize_t size = read(descriptor, room, sizeof room);
  close(descriptor);
  return size < 0 ? "unreadable" : std::string(room, static_cast<size_t>(size));
}

}  // namespace qsbx

#endif
