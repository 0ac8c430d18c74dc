// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/minijail.h"

#include <linux/bpf_common.h>

#include <algorithm>

#include "src/errors/text.h"
#include "src/render/clauses.h"
#include "src/render/text.h"

namespace qsbx {
namespace {

// What minijail0 makes of a policy, in instructions (bpf.h, syscall_filter.c): of a test of a
// register, of an alternative, at most of a call, and beside all that.
constexpr size_t kForTest = 8;
constexpr size_t kForAlternative = 2;
constexpr size_t kForCall = 6;
constexpr size_t kForProgram = 8;

constexpr uint64_t kLowerHalf = UINT32_MAX;

using Atoms = std::vector<std::string>;

struct Line {
  std::string name;
  std::vector<Clause> clauses;  // of a call that is granted for some arguments
  bool always = false;
  std::optional<int> error;  // of other arguments
  bool whole_registers = false;
};

std::string with(const std::vector<std::string>& parts, const std::string& separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

void add_atoms(Atoms& atoms, const MaskedTest& test) {
  const std::string argument = "arg" + std::to_string(test.argument);
  if (test.mask == ~uint64_t{0}) {
    atoms.push_back(argument + " == " + hexadecimal(test.value));
    return;
  }
  const uint64_t clear = test.mask & ~test.value;
  if (clear != 0) atoms.push_back(argument + " in " + hexadecimal(~clear));
  for (int bit = 0; bit < 64; ++bit) {
    const uint64_t set = test.value & uint64_t{1} << bit;
    if (set != 0) atoms.push_back(argument + " & " + hexadecimal(set));
  }
}

Atoms atoms_of(const Clause& clause) {
  Atoms atoms;
  for (const MaskedTest& test : clause) add_atoms(atoms, test);
  return atoms;
}

// What a compiler leaves in the register of a 32-bit number: zeros above it, or its sign.
std::vector<MaskedTest> as_extended(const MaskedTest& test) {
  if (test.mask != kLowerHalf) return {test};
  const MaskedTest by_zeros = {test.argument, ~uint64_t{0}, test.value};
  if (test.value <= INT32_MAX) return {by_zeros};
  return {by_zeros, {test.argument, ~uint64_t{0}, test.value | ~kLowerHalf}};
}

size_t instructions(const std::vector<Clause>& clauses) {
  size_t sum = kForCall;
  for (const Clause& clause : clauses) sum += kForTest * atoms_of(clause).size() + kForAlternative;
  return sum;
}

size_t instructions(const std::vector<Line>& lines) {
  size_t sum = kForProgram;
  for (const Line& line : lines) sum += instructions(line.clauses);
  return sum;
}

void compare_whole_registers(Line& line) {
  std::vector<Clause> extended;
  for (const Clause& clause : line.clauses) {
    const std::vector<Clause> each = spelled_out(clause, as_extended);
    extended.insert(extended.end(), each.begin(), each.end());
  }
  if (instructions(extended) >= instructions(line.clauses)) return;
  line.clauses = std::move(extended);
  line.whole_registers = true;
}

// Where the program is too long, the longest lines first.
void shorten(std::vector<Line>& lines) {
  std::vector<Line*> longest;
  for (Line& line : lines) longest.push_back(&line);
  std::ranges::stable_sort(longest, std::ranges::greater(),
                           [](const Line* line) { return instructions(line->clauses); });
  for (Line* line : longest) {
    if (instructions(lines) <= BPF_MAXINSNS) return;
    compare_whole_registers(*line);
  }
}

Error too_long(const std::vector<Line>& lines) {
  const auto longest = std::ranges::max_element(
      lines, {}, [](const Line& line) { return instructions(line.clauses); });
  return {ErrorCode::kPolicy,
          "minijail would make a program of " + std::to_string(instructions(lines)) +
              " instructions, and the kernel takes " + std::to_string(BPF_MAXINSNS) + "; " +
              longest->name + " alone makes " + std::to_string(instructions(longest->clauses))};
}

std::vector<Line> lines_of(const Policy& policy) {
  std::vector<Line> lines;
  for (const auto& [number, call] : policy.calls()) {
    Line line = {call_name(number, policy.architecture()), {}, call.is_unconditional(), {}};
    if (call.refusal) line.error = call.refusal->error;
    if (!line.always) line.clauses = overlapping_clauses(call).value_or(std::vector<Clause>());
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string condition_of(const Line& line) {
  std::vector<std::string> alternatives;
  for (const Clause& clause : line.clauses) alternatives.push_back(with(atoms_of(clause), " && "));
  return with(alternatives, " || ");
}

// Calls that are neither granted nor refused are not named.
std::string text_of(const Line& line, MinijailReader reader) {
  if (line.always) return line.name + ": 1\n";
  const std::string condition = condition_of(line);
  const std::string otherwise = line.error ? "return " + std::to_string(*line.error) : "";
  if (condition.empty() && otherwise.empty()) return "";
  if (condition.empty() || otherwise.empty())
    return line.name + ": " + condition + otherwise + "\n";
  if (reader == MinijailReader::kMinijail0) {
    return line.name + ": " + condition + "; " + otherwise + "\n";
  }
  return line.name + ": { " + condition + ", " + otherwise + " }\n";
}

}  // namespace

Status check_minijail_mode(Mode mode) {
  if (mode == Mode::kEnforce) return Done{};
  return Error{ErrorCode::kUsage,
               "a minijail policy cannot say what becomes of calls that it does not name: it has "
               "no --mode errno and no --mode audit; minijail0 -L logs them"};
}

Result<MinijailLines> minijail_lines(const Policy& policy, MinijailReader reader) {
  std::vector<Line> lines = lines_of(policy);
  shorten(lines);
  if (instructions(lines) > BPF_MAXINSNS) return too_long(lines);
  MinijailLines written;
  for (const Line& line : lines) {
    written.text += text_of(line, reader);
    if (line.whole_registers) written.whole_registers.push_back(line.name);
  }
  return written;
}

}  // namespace qsbx
