// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The files that a disk image of format qcow2 names: the image that it is based on, which may be
// based on a third, and one that has its data.
#ifndef QSBX_MACHINE_IMAGE_FILES_H_
#define QSBX_MACHINE_IMAGE_FILES_H_

#include <string>
#include <vector>

namespace qsbx {

struct ImageFile {
  std::string path;
  bool written;  // a data file; what an image is based on is only read

  bool operator==(const ImageFile&) const = default;
};

// Without the image itself. Names of a protocol, "nbd:...", are no files. Nothing for what is not
// there or not qcow2.
std::vector<ImageFile> files_of_image(const std::string& path);

}  // namespace qsbx

#endif
