// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/proof/shipped_policies.h"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "src/machine/command_line.h"
#include "src/machine/selection.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

template <typename T>
T expect(Result<T> result) {
  if (!result.ok()) {
    fprintf(stderr, "%s\n", result.error().to_string().c_str());
    abort();
  }
  return std::move(result).value();
}

std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  char buffer[4096];
  while (pipe != nullptr && fgets(buffer, sizeof buffer, pipe) != nullptr) output += buffer;
  if (pipe == nullptr || pclose(pipe) != 0) abort();
  return output;
}

// Equal texts are equal policies, apart from the origins of their rules.
std::string text_of(const Policy& policy) {
  std::string text;
  for (const auto& [number, call] : policy.calls()) {
    const Syscall* known = find_syscall(policy.architecture(), number);
    text += std::to_string(number) + ": ";
    text += call.condition().to_string(*known, policy.architecture());
    if (call.refusal) text += " else " + std::to_string(call.refusal->error);
    if (call.refusal && call.refusal->reported) text += " reported";
    text += "\n";
  }
  return text;
}

class Collection {
 public:
  explicit Collection(const ProfileSet& set) : set_(set) {}

  void add(const std::string& name, const Policy& policy) {
    if (policy.empty()) return;
    ++policies_.all;
    if (!texts_.insert(text_of(policy)).second) return;
    policies_.distinct.push_back(
        {name + ", " + std::string(architecture_name(set_.architecture())), policy});
  }

  void add_all(const std::string& name, const Selection& selection) {
    std::vector<std::string> all_roles = roles();
    all_roles.insert(all_roles.begin(), "");
    for (const std::string& role : all_roles) {
      const std::string with_role = role.empty() ? name : name + ", role " + role;
      add_selected(with_role, selection, {}, role);
      add_selected(with_role + ", all features", selection, features_of(set_), role);
    }
  }

  Policies take() { return std::move(policies_); }

 private:
  void add_selected(const std::string& name, const Selection& selection,
                    const std::set<std::string>& features, const std::string& role) {
    add(name, expect(join_rules(selection, features, set_.architecture(), role)));
  }

  const ProfileSet& set_;
  std::set<std::string> texts_;
  Policies policies_;
};

Selection selection_of(const ProfileSet& set, const std::vector<std::string>& command_line) {
  Selection selection =
      expect(select_profiles(expect(read_command_line(command_line)).machine, set));
  if (!selection.uncovered.empty()) {
    fprintf(stderr, "%s\n", uncovered_error(selection, set).message.c_str());
    abort();
  }
  return selection;
}

}  // namespace

ProfileSet shipped_profiles(Architecture architecture) {
  return expect(ProfileSet::read(in_source_tree("profiles/qemu"), architecture));
}

const Machines& tested_machines() {
  static const Machines machines =
      nlohmann::json::parse(output_of(in_source_tree("tests/guest/list-machines"))).get<Machines>();
  return machines;
}

Policies policies_of_profiles(const ProfileSet& set) {
  Collection collection(set);
  for (const Profile& profile : set.profiles()) {
    const std::string name = "profile " + profile.file;
    Selection alone;
    alone.add(profile, "by itself");
    collection.add_all(name + " by itself", alone);
    Selection with_includes;
    for (const Profile* one : set.with_includes(profile)) with_includes.add(*one, "included");
    collection.add_all(name, with_includes);
  }
  return collection.take();
}

Policies policies_of_machines(const ProfileSet& set) {
  Collection collection(set);
  collection.add("phase boot", boot_policy(set));
  for (const auto& [name, command_line] : tested_machines()) {
    const Selection selection = selection_of(set, command_line);
    collection.add_all("machine " + name, selection);
    Selection with_features = selection;
    select_features(with_features, features_of(set), set);
    collection.add_all("machine " + name + " with features' profiles", with_features);
  }
  return collection.take();
}

Policy run_policy(const ProfileSet& set, const std::string& machine) {
  return expect(compose(selection_of(set, tested_machines().at(machine)), {}, set.architecture()));
}

Policy boot_policy(const ProfileSet& set) { return expect(compose_boot(set)); }

}  // namespace qsbx
