// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An element of a parsed XML document, which has to stay there meanwhile. None (a child that is not
// there) has no name, no attributes and no children, so that paths can be asked without a check for
// each step: disk.child("driver").get("io").
#ifndef QSBX_INTEGRATION_LIBVIRT_ELEMENT_H_
#define QSBX_INTEGRATION_LIBVIRT_ELEMENT_H_

#include <libxml/tree.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

class Element {
 public:
  explicit Element(xmlNode* node = nullptr) : node_(node) {}
  explicit operator bool() const { return node_ != nullptr; }

  // With its namespace where it has one: "qemu:commandline" for libvirt's own, else the whole.
  std::string name() const;
  std::string get(const char* attribute) const;  // empty when it is absent
  std::string get(const char* attribute, const std::string& otherwise) const;
  std::string text() const;  // without blanks around it
  long line() const;

  std::vector<Element> children() const;
  std::vector<Element> children(std::string_view name) const;
  Element child(std::string_view name) const;  // the first

 private:
  xmlNode* node_;
};

// "line 12: <disk> is not understood", or with what of it: "<disk type='moon'> ...". kUsage.
Error not_understood(const Element& element, const char* attribute = nullptr);
// "line 12: <disk>: why".
Error error_at(const Element& element, const std::string& why);

// An error that names the first child which is none of these.
Status check_children(const Element& element, std::initializer_list<std::string_view> known);

}  // namespace qsbx

#endif
