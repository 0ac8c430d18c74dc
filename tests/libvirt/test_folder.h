// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_TESTS_LIBVIRT_TEST_FOLDER_H_
#define QSBX_TESTS_LIBVIRT_TEST_FOLDER_H_

#include <filesystem>
#include <fstream>
#include <string>

namespace qsbx {

// A folder of a test's own, with what it puts there.
class TestFolder {
 public:
  TestFolder() {
    char name[] = "/tmp/qsbx-libvirt.XXXXXX";
    path_ = std::filesystem::canonical(mkdtemp(name));
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }

  // The path of the file, in folders that are made where they are not there.
  std::filesystem::path write(const std::string& name, const std::string& text,
                              bool executable = false) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    std::filesystem::permissions(file,
                                 static_cast<std::filesystem::perms>(executable ? 0755 : 0644));
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace qsbx

#endif
