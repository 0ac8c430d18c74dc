// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The value of one QEMU option, "virtio-blk-pci,id=a,drive=b" or {"driver":"virtio-blk-pci",...},
// as keys and values. Members of inner objects have dotted keys, as QEMU itself writes them:
// {"file":{"driver":"file"}} and "file.driver=file" are the same.
#ifndef QSBX_MACHINE_OPTION_VALUES_H_
#define QSBX_MACHINE_OPTION_VALUES_H_

#include <map>
#include <string>
#include <string_view>

#include "src/errors/result.h"

namespace qsbx {

class OptionValues {
 public:
  // `implied_key` is the key of a first word without '=', "driver" for -device; empty where QEMU
  // has none. A later word alone means on, and off when it begins with "no". A comma in a value is
  // written twice. kUsage when the text begins as JSON and is none.
  static Result<OptionValues> parse(std::string_view text, const std::string& implied_key);

  // The last, where the key is there more than once. Empty when it is absent.
  std::string get(const std::string& key) const;
  bool has(const std::string& key) const { return values_.contains(key); }
  bool is_on(const std::string& key) const;
  // What is below a key such as "arguments.", by the rest of its name.
  OptionValues below(const std::string& prefix) const;
  const std::multimap<std::string, std::string>& all() const { return values_; }

 private:
  std::multimap<std::string, std::string> values_;
};

}  // namespace qsbx

#endif
