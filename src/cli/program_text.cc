// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/program_text.h"

#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

namespace qsbx {

std::string to_raw(const Program& program) {
  std::string bytes(program.size() * sizeof(Instruction), '\0');
  if (!program.empty()) std::memcpy(bytes.data(), program.data(), bytes.size());
  return bytes;
}

Result<Program> from_raw(const std::string& bytes) {
  if (bytes.empty() || bytes.size() % sizeof(Instruction) != 0) {
    return Error{ErrorCode::kUsage, std::to_string(bytes.size()) +
                                        " bytes are no program: it is an array of struct "
                                        "sock_filter, 8 bytes each, as qsbx compile --format raw "
                                        "writes it"};
  }
  Program program(bytes.size() / sizeof(Instruction));
  std::memcpy(program.data(), bytes.data(), bytes.size());
  return program;
}

std::string to_c(const Program& program) {
  std::ostringstream text;
  text << "static const struct sock_filter program[" << program.size() << "] = {\n" << std::hex;
  for (const Instruction& one : program) {
    text << "    {0x" << one.code << ", 0x" << unsigned{one.jt} << ", 0x" << unsigned{one.jf}
         << ", 0x" << one.k << "},\n";
  }
  text << "};\n";
  return text.str();
}

nlohmann::ordered_json json_of(const Program& program) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Instruction& one : program) {
    list.push_back({{"code", one.code}, {"jt", one.jt}, {"jf", one.jf}, {"k", one.k}});
  }
  return list;
}

std::string to_json(const Program& program) { return json_of(program).dump() + "\n"; }

}  // namespace qsbx
