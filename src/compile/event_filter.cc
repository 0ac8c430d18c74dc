// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A comparison is a set of values of some bits of a field. Seen from its highest bit down, such a
// set is a decision tree, and its ranges make nearly all branches of the tree constant: what is
// left is, for each end of a range, a chain of one test for each bit, in which neighbours join.
#include "src/compile/event_filter.h"

#include <bit>
#include <charconv>
#include <optional>

#include "src/compile/condition.h"

namespace qsbx {
namespace {

using Kind = Conditions::Kind;
using Ranges = std::vector<ValueRange>;

// Bits of one field. As a conjunction: every one of `ones` is set, every one of `zeros` is clear,
// and `rest` holds. As a disjunction: any of these.
struct BitTest {
  bool conjunction;
  uint64_t ones = 0;
  uint64_t zeros = 0;
  std::vector<BitTest> rest = {};

  bool is_constant() const { return ones == 0 && zeros == 0 && rest.empty(); }
  // The same as a conjunction and as a disjunction.
  bool is_one_bit() const {
    return rest.empty() && std::popcount(ones) + std::popcount(zeros) == 1;
  }
};

const BitTest kAlways = {.conjunction = true};
const BitTest kNever = {.conjunction = false};

bool is_always(const BitTest& test) { return test.is_constant() && test.conjunction; }
bool is_never(const BitTest& test) { return test.is_constant() && !test.conjunction; }

BitTest joined(bool conjunction, const BitTest& a, const BitTest& b) {
  BitTest whole = {.conjunction = conjunction};
  for (const BitTest* part : {&a, &b}) {
    if (part->conjunction == conjunction || part->is_one_bit()) {
      whole.ones |= part->ones;
      whole.zeros |= part->zeros;
      whole.rest.insert(whole.rest.end(), part->rest.begin(), part->rest.end());
    } else {
      whole.rest.push_back(*part);
    }
  }
  return whole;
}

// One test is its own conjunction and disjunction; it takes the form of what it will stand beside.
BitTest one_bit(bool conjunction, uint64_t bit, bool set) {
  return {.conjunction = conjunction, .ones = set ? bit : 0, .zeros = set ? 0 : bit};
}

BitTest chosen_by(uint64_t bit, const BitTest& clear, const BitTest& set) {
  if (is_never(clear))
    return is_always(set) ? one_bit(true, bit, true) : joined(true, one_bit(true, bit, true), set);
  if (is_never(set))
    return is_always(clear) ? one_bit(true, bit, false)
                            : joined(true, one_bit(true, bit, false), clear);
  if (is_always(set)) return joined(false, one_bit(false, bit, true), clear);
  if (is_always(clear)) return joined(false, one_bit(false, bit, false), set);
  return joined(false, joined(true, one_bit(true, bit, false), clear),
                joined(true, one_bit(true, bit, true), set));
}

// The bits of the mask, lowest first.
std::vector<uint64_t> bits_of(uint64_t mask) {
  std::vector<uint64_t> bits;
  for (; mask != 0; mask &= mask - 1) bits.push_back(mask & -mask);
  return bits;
}

// The value's bits under the mask, moved together: the order of values stays.
uint64_t dense(uint64_t value, const std::vector<uint64_t>& bits) {
  uint64_t result = 0;
  for (size_t i = 0; i < bits.size(); ++i) result |= (value & bits[i]) ? uint64_t{1} << i : 0;
  return result;
}

Ranges within(const Ranges& ranges, uint64_t first, uint64_t last) {
  Ranges clipped;
  for (const ValueRange& range : ranges) {
    if (range.last < first || range.first > last) continue;
    clipped.push_back({std::max(range.first, first) - first, std::min(range.last, last) - first});
  }
  return clipped;
}

// `ranges` are of values of the lowest `count` of `bits`.
BitTest bit_test(const Ranges& ranges, const std::vector<uint64_t>& bits, size_t count) {
  if (ranges.empty()) return kNever;
  const uint64_t largest = count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
  if (ranges.front() == ValueRange{0, largest}) return kAlways;
  const uint64_t half = uint64_t{1} << (count - 1);
  const Ranges low = within(ranges, 0, half - 1);
  const Ranges high = within(ranges, half, largest);
  if (low == high) return bit_test(low, bits, count - 1);
  return chosen_by(bits[count - 1], bit_test(low, bits, count - 1),
                   bit_test(high, bits, count - 1));
}

BitTest bit_test(const ValueSet& set) {
  const std::vector<uint64_t> bits = bits_of(set.field.mask);
  Ranges ranges;
  for (const ValueRange& range : set.ranges) {
    ranges.push_back({dense(range.first, bits), dense(range.last, bits)});
  }
  return bit_test(ranges, bits, bits.size());
}

std::string hexadecimal(uint64_t value) {
  char digits[16];
  const auto end = std::to_chars(digits, std::end(digits), value, 16);
  return "0x" + std::string(digits, end.ptr);
}

// Terms with one operator between them. Whatever holds another operator is in parentheses, so that
// nothing rests on which one binds tighter.
class Terms {
 public:
  explicit Terms(bool conjunction) : operator_(conjunction ? " && " : " || ") {}

  void add(const std::string& term) {
    if (!text_.empty()) text_ += operator_;
    text_ += term;
  }
  void add_in_parentheses(const std::string& term) { add("(" + term + ")"); }
  const std::string& text() const { return text_; }

 private:
  const char* operator_;
  std::string text_;
};

std::string any_set(const std::string& field, uint64_t bits) {
  return field + " & " + hexadecimal(bits);
}

std::string none_set(const std::string& field, uint64_t bits) {
  return "!(" + any_set(field, bits) + ")";
}

std::string text_of(const BitTest& test, const std::string& field) {
  Terms terms(test.conjunction);
  if (test.conjunction) {
    if (test.zeros != 0) terms.add(none_set(field, test.zeros));
    for (const uint64_t bit : bits_of(test.ones)) terms.add(any_set(field, bit));
  } else {
    if (test.ones != 0) terms.add(any_set(field, test.ones));
    for (const uint64_t bit : bits_of(test.zeros)) terms.add(none_set(field, bit));
  }
  for (const BitTest& rest : test.rest) terms.add_in_parentheses(text_of(rest, field));
  return terms.text();
}

std::string range_text(const ValueRange& range, const std::string& field) {
  if (range.first == range.last) return field + " == " + hexadecimal(range.first);
  Terms ends(true);
  if (range.first != 0) ends.add(field + " >= " + hexadecimal(range.first));
  if (range.last != ~uint64_t{0}) ends.add(field + " <= " + hexadecimal(range.last));
  return ends.text();
}

std::string ranges_text(const ValueSet& set, const std::string& field) {
  if (set.ranges.size() == 1) return range_text(set.ranges.front(), field);
  Terms terms(false);
  for (const ValueRange& range : set.ranges) terms.add_in_parentheses(range_text(range, field));
  return terms.text();
}

std::string set_text(const ValueSet& set, const EventField& field) {
  const bool whole = set.field.mask == ~uint64_t{0} && !field.is_signed;
  if (!whole) return text_of(bit_test(set), field.name);
  const ValueSet others = complement(set);
  if (others.ranges.size() >= set.ranges.size()) return ranges_text(set, field.name);
  const std::optional<uint64_t> other = others.single_value();
  if (other) return field.name + " != " + hexadecimal(*other);
  return "!(" + ranges_text(others, field.name) + ")";
}

Error cannot_say(const std::string& reason) {
  return {ErrorCode::kProgram, "the kernel's event filters cannot say this: " + reason};
}

Error too_long(size_t length) {
  return cannot_say("the filter string would have " + std::to_string(length) +
                    " characters; the kernel takes " + std::to_string(kLongestEventFilter));
}

bool is_string_to_the_kernel(const EventField& field) {
  return field.type.find("char") != std::string::npos && field.type.ends_with("*") &&
         field.type.find('*') == field.type.size() - 1;
}

class Writer {
 public:
  Writer(Conditions& conditions, const std::vector<EventField>& fields)
      : conditions_(conditions), fields_(fields) {}

  Status check_fields(Conditions::Id condition) const {
    for (const Field& field : conditions_.fields_of(condition)) {
      if (auto checked = check_field(field); !checked) return checked;
    }
    return Done{};
  }

  std::string text(Conditions::Id id) const {
    const Conditions::Node& node = conditions_.node(id);
    if (node.kind == Kind::kIn) return set_text(node.set, event_field(node.set.field));
    Terms terms(node.kind == Kind::kAll);
    for (const Conditions::Id term : node.terms) terms.add_in_parentheses(text(term));
    return terms.text();
  }

  // Adds the strings of the condition, split where it must be.
  Status write(Conditions::Id condition, std::vector<std::string>& strings) {
    const std::string whole = text(condition);
    if (whole.size() <= kLongestEventFilter) {
      strings.push_back(whole);
      return Done{};
    }
    const auto halves = split(condition);
    if (!halves) return too_long(whole.size());
    if (auto first = write(halves->first, strings); !first) return first;
    return write(halves->second, strings);
  }

 private:
  using Halves = std::pair<Conditions::Id, Conditions::Id>;

  const EventField& event_field(const Field& field) const {
    return fields_[static_cast<size_t>(field.argument)];
  }

  Status check_field(const Field& field) const {
    if (static_cast<size_t>(field.argument) >= fields_.size()) {
      return cannot_say("the event has no field for argument " + std::to_string(field.argument));
    }
    if (!is_string_to_the_kernel(event_field(field))) return Done{};
    return cannot_say("'" + event_field(field).name + "' is a '" + event_field(field).type +
                      "', which they compare as text and not as a number");
  }

  // Two conditions that exclude each other and together are this one: the values of one comparison
  // in two parts.
  std::optional<Halves> split(Conditions::Id id) {
    const Conditions::Node node = conditions_.node(id);
    if (node.kind == Kind::kIn) return split_set(node.set);
    if (node.kind != Kind::kAll) return std::nullopt;
    size_t longest = 0;
    for (size_t i = 1; i < node.terms.size(); ++i) {
      if (text(node.terms[i]).size() > text(node.terms[longest]).size()) longest = i;
    }
    const auto halves = split(node.terms[longest]);
    if (!halves) return std::nullopt;
    return Halves{with_term(node.terms, longest, halves->first),
                  with_term(node.terms, longest, halves->second)};
  }

  std::optional<Halves> split_set(const ValueSet& set) {
    if (set.ranges.size() < 2) return std::nullopt;
    const auto middle = set.ranges.begin() + static_cast<ptrdiff_t>(set.ranges.size() / 2);
    return Halves{conditions_.in({set.field, {set.ranges.begin(), middle}}),
                  conditions_.in({set.field, {middle, set.ranges.end()}})};
  }

  Conditions::Id with_term(std::vector<Conditions::Id> terms, size_t place, Conditions::Id term) {
    terms[place] = term;
    return conditions_.all(terms);
  }

  Conditions& conditions_;
  const std::vector<EventField>& fields_;
};

}  // namespace

Result<std::vector<std::string>> event_filters(const Expression& condition,
                                               const std::vector<EventField>& fields) {
  Conditions conditions;
  const Conditions::Id id = conditions.from(condition);
  std::vector<std::string> strings;
  if (id == Conditions::kNever) return strings;
  if (id == Conditions::kAlways) return std::vector<std::string>{""};
  Writer writer(conditions, fields);
  if (auto checked = writer.check_fields(id); !checked) return checked.error();
  if (auto written = writer.write(id, strings); !written) return written.error();
  return strings;
}

}  // namespace qsbx
