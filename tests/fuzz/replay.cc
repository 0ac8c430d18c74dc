// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Runs a fuzz target on the files, and the files in the folders, of its command line: without
// libFuzzer, with any compiler.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void replay(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  printf("%s\n", file.c_str());
  fflush(stdout);  // the last line names the file that fails
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

int replay_all(const std::filesystem::path& place) {
  if (!std::filesystem::is_directory(place)) {
    replay(place);
    return 1;
  }
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(place)) {
    if (!entry.is_regular_file()) continue;
    replay(entry.path());
    ++count;
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  for (int i = 1; i < argc; ++i) count += replay_all(argv[i]);
  printf("%d inputs\n", count);
  return count > 0 ? 0 : 1;
}
