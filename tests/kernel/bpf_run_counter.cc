// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/kernel/bpf_run_counter.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <vector>

namespace qsbx::testing {
namespace {

long bpf(int command, union bpf_attr& attributes) {
  return syscall(SYS_bpf, command, &attributes, sizeof(attributes));
}

// The kernel's structures, as far as it takes to find a member of one by its name.
class TypeInformation {
 public:
  TypeInformation() {
    std::ifstream file("/sys/kernel/btf/vmlinux", std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  // In bytes.
  std::optional<uint32_t> offset_of(const std::string& structure, const std::string& member) const {
    const btf_header header = at<btf_header>(0);
    if (header.magic != BTF_MAGIC) return std::nullopt;
    size_t place = header.hdr_len + header.type_off;
    const size_t end = place + header.type_len;
    while (place < end) {
      const btf_type type = at<btf_type>(place);
      place += sizeof(btf_type);
      if (BTF_INFO_KIND(type.info) == BTF_KIND_STRUCT && name(type.name_off) == structure) {
        if (auto offset = member_offset(place, type, member)) return offset;
      }
      place += extra_size(type);
    }
    return std::nullopt;
  }

 private:
  template <typename T>
  T at(size_t place) const {
    T value = {};
    if (place + sizeof(T) <= bytes_.size()) memcpy(&value, bytes_.data() + place, sizeof(T));
    return value;
  }

  std::string name(uint32_t offset) const {
    const btf_header header = at<btf_header>(0);
    const size_t place = header.hdr_len + header.str_off + offset;
    return place < bytes_.size() ? bytes_.data() + place : "";
  }

  std::optional<uint32_t> member_offset(size_t place, const btf_type& type,
                                        const std::string& wanted) const {
    for (uint32_t i = 0; i < BTF_INFO_VLEN(type.info); ++i) {
      const btf_member member = at<btf_member>(place + i * sizeof(btf_member));
      if (name(member.name_off) == wanted) return BTF_MEMBER_BIT_OFFSET(member.offset) / 8;
    }
    return std::nullopt;
  }

  // What follows a type of its kind (Documentation/bpf/btf.rst).
  static size_t extra_size(const btf_type& type) {
    const size_t count = BTF_INFO_VLEN(type.info);
    switch (BTF_INFO_KIND(type.info)) {
      case BTF_KIND_INT:
      case BTF_KIND_VAR:
      case BTF_KIND_DECL_TAG:
        return 4;
      case BTF_KIND_ARRAY:
        return sizeof(btf_array);
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
      case BTF_KIND_DATASEC:
      case BTF_KIND_ENUM64:
        return 12 * count;
      case BTF_KIND_ENUM:
      case BTF_KIND_FUNC_PROTO:
        return 8 * count;
      default:
        return 0;
    }
  }

  std::vector<char> bytes_;
};

struct Offsets {
  uint32_t task_to_filter;
  uint32_t filter_to_program;
  uint32_t program_to_statistics;
  uint32_t statistics_to_count;
  uint32_t map_to_values;  // of a map with a value for each processor
};

std::optional<Offsets> find_offsets() {
  const TypeInformation types;
  const auto seccomp = types.offset_of("task_struct", "seccomp");
  const auto filter = types.offset_of("seccomp", "filter");
  const auto program = types.offset_of("seccomp_filter", "prog");
  const auto statistics = types.offset_of("bpf_prog", "stats");
  const auto count = types.offset_of("bpf_prog_stats", "cnt");
  const auto before_values = types.offset_of("bpf_array", "aux");
  if (!seccomp || !filter || !program || !statistics || !count || !before_values) {
    return std::nullopt;
  }
  return Offsets{*seccomp + *filter, *program, *statistics, *count, *before_values + 8};
}

using Code = std::vector<bpf_insn>;

constexpr int16_t kSlot = -8;  // on the stack

// R3, as an address in the kernel, is read into `to`.
void emit_read(Code& code, uint8_t to) {
  const bpf_insn read[] = {
      {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_10, 0, 0},
      {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, kSlot},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 8},
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel},
      {BPF_LDX | BPF_MEM | BPF_DW, to, BPF_REG_10, kSlot, 0},
  };
  code.insert(code.end(), std::begin(read), std::end(read));
}

// R6 becomes what it points to, `offset` bytes on.
void emit_follow(Code& code, uint32_t offset) {
  code.push_back({BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_6, 0, 0});
  code.push_back({BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, static_cast<int>(offset)});
  emit_read(code, BPF_REG_6);
}

void emit_map(Code& code, uint8_t to, int map) {
  code.push_back({BPF_LD | BPF_IMM | BPF_DW, to, BPF_PSEUDO_MAP_FD, 0, map});
  code.push_back({0, 0, 0, 0, 0});
}

// R8 becomes the address, as a number, of this processor's value in the map.
void emit_this_processors_value(Code& code, int map) {
  emit_map(code, BPF_REG_1, map);
  const bpf_insn look_up[] = {
      {BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, kSlot, 0},
      {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0},
      {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, kSlot},
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem},
      {BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_0, 2 * kSlot, 0},
      {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_10, 0, 0},
      {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, 2 * kSlot},
  };
  code.insert(code.end(), std::begin(look_up), std::end(look_up));
  emit_read(code, BPF_REG_8);
}

// R7 becomes the address that this value would have on no processor. The map is read from its
// start, since the verifier lets nobody count on from there, and what is looked for comes last.
void emit_value_for_any_processor(Code& code, int map, uint32_t map_to_values) {
  const int size = static_cast<int>(map_to_values) + 8;
  emit_map(code, BPF_REG_3, map);
  const bpf_insn read[] = {
      {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_10, 0, 0},
      {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, -size},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, size},
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel},
      {BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_7, BPF_REG_10, kSlot, 0},
  };
  code.insert(code.end(), std::begin(read), std::end(read));
}

// R6, a pointer for any processor, becomes this processor's: the map shows how far that is.
void emit_to_this_processor(Code& code, int map, uint32_t map_to_values) {
  emit_this_processors_value(code, map);
  emit_value_for_any_processor(code, map, map_to_values);
  code.push_back({BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_6, BPF_REG_8, 0, 0});
  code.push_back({BPF_ALU64 | BPF_SUB | BPF_X, BPF_REG_6, BPF_REG_7, 0, 0});
}

Code reading_code(const Offsets& offsets, int map) {
  Code code = {{BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_task},
               {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_0, 0, 0}};
  emit_follow(code, offsets.task_to_filter);
  emit_follow(code, offsets.filter_to_program);
  emit_follow(code, offsets.program_to_statistics);
  emit_to_this_processor(code, map, offsets.map_to_values);
  emit_follow(code, offsets.statistics_to_count);
  code.push_back({BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_0, BPF_REG_6, 0, 0});
  code.push_back({BPF_JMP | BPF_EXIT, 0, 0, 0, 0});
  return code;
}

int make_map() {
  union bpf_attr attributes = {};
  attributes.map_type = BPF_MAP_TYPE_PERCPU_ARRAY;
  attributes.key_size = 4;
  attributes.value_size = 8;
  attributes.max_entries = 1;
  return static_cast<int>(bpf(BPF_MAP_CREATE, attributes));
}

int load(const Code& code) {
  // What it calls is for programs under the GPL, which the licence of this file may become.
  static const char kLicence[] = "GPL";
  union bpf_attr attributes = {};
  attributes.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  attributes.insns = reinterpret_cast<uintptr_t>(code.data());
  attributes.insn_cnt = static_cast<uint32_t>(code.size());
  attributes.license = reinterpret_cast<uintptr_t>(kLicence);
  return static_cast<int>(bpf(BPF_PROG_LOAD, attributes));
}

int enable_statistics() {
  union bpf_attr attributes = {};
  attributes.enable_stats.type = BPF_STATS_RUN_TIME;
  return static_cast<int>(bpf(BPF_ENABLE_STATS, attributes));
}

bool stay_on_this_processor() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(sched_getcpu()), &set);
  return sched_setaffinity(0, sizeof(set), &set) == 0;
}

}  // namespace

BpfRunCounter::BpfRunCounter() {
  const auto offsets = find_offsets();
  if (!offsets) {
    reason_ = "the kernel shows no type information (CONFIG_DEBUG_INFO_BTF)";
    return;
  }
  statistics_ = enable_statistics();
  const int map = statistics_ < 0 ? -1 : make_map();
  if (map >= 0) {
    program_ = load(reading_code(*offsets, map));
    close(map);  // the program keeps it
  }
  if (program_ < 0) {
    reason_ = std::string("bpf(2) refuses the statistics or a program: ") + strerror(errno);
  } else if (!stay_on_this_processor()) {
    reason_ = std::string("sched_setaffinity(2): ") + strerror(errno);
  }
}

BpfRunCounter::~BpfRunCounter() {
  if (program_ >= 0) close(program_);
  if (statistics_ >= 0) close(statistics_);
}

std::optional<uint32_t> BpfRunCounter::runs() const {
  union bpf_attr attributes = {};
  attributes.test.prog_fd = static_cast<uint32_t>(program_);
  if (bpf(BPF_PROG_TEST_RUN, attributes) != 0) return std::nullopt;
  return attributes.test.retval;
}

}  // namespace qsbx::testing
