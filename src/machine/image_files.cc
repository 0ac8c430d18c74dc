// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The header of the format is in QEMU's docs/interop/qcow2.txt. Everything in it may be wrong.
#include "src/machine/image_files.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>

#include "src/machine/option_values.h"
#include "src/machine/qemu_names.h"

namespace qsbx {
namespace {

constexpr uint32_t kMagic = 0x514649fb;
constexpr uint32_t kDataFileName = 0x44415441;
constexpr uint32_t kSizeOfVersion2 = 72;
constexpr uint32_t kLongestName = 1023;
constexpr int kMostExtensions = 64;
constexpr size_t kMostFiles = 200;

class Header {
 public:
  explicit Header(const std::string& path) : file_(path, std::ios::binary) {}

  uint32_t number32(uint64_t at) { return static_cast<uint32_t>(number(at, 4)); }
  uint64_t number64(uint64_t at) { return number(at, 8); }
  std::string name(uint64_t at, uint32_t size) {
    std::string text(size > kLongestName ? 0 : size, '\0');
    return read(at, text) ? text : "";
  }

 private:
  bool read(uint64_t at, std::string& text) {
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(at));
    return static_cast<bool>(file_.read(text.data(), static_cast<std::streamsize>(text.size())));
  }
  // 0 where there is nothing.
  uint64_t number(uint64_t at, size_t size) {
    std::string bytes(size, '\0');
    if (!read(at, bytes)) return 0;
    uint64_t number = 0;
    for (const char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
    return number;
  }

  std::ifstream file_;
};

std::string data_file_name(Header& header) {
  const bool first_version = header.number32(4) < 3;
  uint64_t at = first_version ? kSizeOfVersion2 : header.number32(100);
  for (int i = 0; i < kMostExtensions; ++i) {
    const uint32_t type = header.number32(at);
    const uint32_t size = header.number32(at + 4);
    if (type == kDataFileName) return header.name(at + 8, size);
    if (type == 0) break;
    at += 8 + (uint64_t{size} + 7) / 8 * 8;
  }
  return "";
}

// nullopt for what is no file. A name is relative to the image's folder.
std::optional<std::string> path_of(std::string name, const std::string& image) {
  if (name.starts_with("json:")) {
    const Result<OptionValues> values = OptionValues::parse(std::string_view(name).substr(5), "");
    if (!values.ok()) return std::nullopt;
    name = values->has("file.filename") ? values->get("file.filename") : values->get("filename");
  }
  if (name.starts_with("file:")) name = name.substr(5);
  if (name.empty()) return std::nullopt;
  const std::string driver = block_driver_of_file(name);
  if (driver != "file" && driver != "host_device" && driver != "host_cdrom") return std::nullopt;
  return (std::filesystem::path(image).parent_path() / name).string();
}

std::vector<ImageFile> named_by(const std::string& image) {
  std::vector<ImageFile> named;
  std::error_code error;
  // Not a pipe, which opening would wait for.
  if (!std::filesystem::is_regular_file(image, error) &&
      !std::filesystem::is_block_file(image, error)) {
    return named;
  }
  Header header(image);
  if (header.number32(0) != kMagic) return named;
  const auto base = path_of(header.name(header.number64(8), header.number32(16)), image);
  const auto data = path_of(data_file_name(header), image);
  if (base) named.push_back({*base, false});
  if (data) named.push_back({*data, true});
  return named;
}

}  // namespace

std::vector<ImageFile> files_of_image(const std::string& path) {
  std::vector<ImageFile> files = named_by(path);
  for (size_t i = 0; i < files.size() && files.size() < kMostFiles; ++i) {
    for (ImageFile next : named_by(files[i].path)) {
      next.written &= files[i].written;  // the data of an image that is only read
      const bool known =
          next.path == path || std::ranges::count(files, next.path, &ImageFile::path);
      if (!known) files.push_back(next);
    }
  }
  return files;
}

}  // namespace qsbx
