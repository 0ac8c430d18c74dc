// SPDX-License-Identifier: LGPL-2.1-or-later
//
// call_prices: what the kernel takes on this machine for a call that a filter lets run.
//
//   call_prices [--calls N] [--slices N] [--program FILE]
//
// Prints, as JSON and in nanoseconds over no filter at all: `bitmap`, for a call that the bitmap
// answers; `filter`, for the way into a filter, whose first two instructions are in it; `stacked`,
// for one more such filter; `instruction`, for each one more of a filter's; and `program`, for a
// getpid under the program of FILE, raw as the kernel has it. Medians of slices that alternate with
// slices without a filter (bench/nanoseconds.cc says why).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "bench/filtered_child.h"

namespace qsbx::bench {
namespace {

constexpr int kMore = 500;

constexpr Instruction kAllow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
constexpr Instruction kLoadArgument = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16);
constexpr Instruction kCompare = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0);

// What programs are made of: loads and comparisons.
Program longer() {
  Program program = {kLoadArgument};
  for (int i = 0; i < kMore / 2; ++i) program.insert(program.end(), {kLoadArgument, kCompare});
  program.push_back(kAllow);
  return program;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double over_none(const FilteredChild& none, const FilteredChild& child, int calls, int slices) {
  std::vector<double> differences;
  for (int slice = 0; slice < slices; ++slice) {
    const bool first = slice % 2 == 0;
    const double before = first ? none.time(Kind::kAllowed, calls) : 0;
    const double with = child.time(Kind::kAllowed, calls);
    differences.push_back(with - (first ? before : none.time(Kind::kAllowed, calls)));
  }
  return median(differences);
}

Program read_program(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  Program program(bytes.size() / sizeof(Instruction));
  if (program.empty() || bytes.size() % sizeof(Instruction) != 0) {
    std::cerr << "call_prices: " << file << " is no program\n";
    exit(2);
  }
  std::memcpy(program.data(), bytes.data(), bytes.size());
  return program;
}

}  // namespace

int main(int argc, char** argv) {
  int calls = 1000;
  int slices = 300;
  CLI::App app("What the kernel takes on this machine for a call that a filter lets run");
  app.add_option("--calls", calls, "Calls in a slice")->check(CLI::PositiveNumber);
  app.add_option("--slices", slices, "Slices of each kind")->check(CLI::PositiveNumber);
  std::string file;
  app.add_option("--program", file, "Also of this program");
  CLI11_PARSE(app, argc, argv);
  const FilteredChild none(Stack{});
  const auto price = [&](const Stack& filters) {
    return over_none(none, FilteredChild(filters), calls, slices);
  };
  const Program two = {kLoadArgument, kAllow};
  const double filter = price({two});
  nlohmann::ordered_json prices = {{"bitmap", price({{kAllow}})},
                                   {"filter", filter},
                                   {"stacked", price({two, two}) - filter},
                                   {"instruction", (price({longer()}) - filter) / kMore}};
  if (!file.empty()) prices["program"] = price({read_program(file)});
  std::cout << prices << "\n";
  return 0;
}

}  // namespace qsbx::bench

int main(int argc, char** argv) { return qsbx::bench::main(argc, argv); }
