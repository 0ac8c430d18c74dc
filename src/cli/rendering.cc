// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/rendering.h"

#include <errno.h>
#include <string.h>

#include <fstream>

#include "src/cli/report.h"
#include "src/render/oci_reader.h"

namespace qsbx {
namespace {

constexpr size_t kLargestProfile = 4 << 20;

Result<std::string> read_profile(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(kLargestProfile + 1, '\0');
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) {
    return Error{ErrorCode::kUsage, "cannot read profile '" + file + "': " + strerror(errno),
                 errno};
  }
  text.resize(static_cast<size_t>(stream.gcount()));
  if (text.size() <= kLargestProfile) return text;
  return Error{ErrorCode::kUsage, "profile '" + file + "' has more than 4 MiB"};
}

}  // namespace

Result<Policy> united_with_file(const Policy& policy, const std::string& file) {
  const Result<std::string> text = read_profile(file);
  if (!text.ok()) return text.error();
  const Result<Policy> profile = read_oci(*text, file, policy.architecture());
  if (!profile.ok()) return profile.error();
  return united(policy, *profile);
}

Result<std::string> rendered(const Policy& policy, const RenderRequest& request) {
  Result<Rendering> rendering = render(policy, request);
  if (!rendering.ok()) return rendering.error();
  for (const std::string& remark : rendering->remarks) say(remark);
  return std::move(rendering->text);
}

}  // namespace qsbx
