// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/element.h"

#include <algorithm>

#include "integration/libvirt/xml.h"
#include "src/errors/text.h"

namespace qsbx {
namespace {

const xmlChar* as_xml(const char* text) { return reinterpret_cast<const xmlChar*>(text); }

std::string copy_of(const xmlChar* text) {
  return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

std::string taken(xmlChar* text) {
  std::string copy = copy_of(text);
  xmlFree(text);
  return copy;
}

std::string trimmed(const std::string& text) {
  constexpr const char* kBlank = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string line_of(const Element& element) {
  return "line " + std::to_string(element.line()) + ": ";
}

}  // namespace

std::string Element::name() const {
  if (node_ == nullptr) return "";
  const std::string space = node_->ns == nullptr ? "" : copy_of(node_->ns->href);
  std::string name = copy_of(node_->name);
  if (space.empty()) return name;
  return (space == kQemuNamespace ? "qemu" : space) + ":" + name;
}

std::string Element::get(const char* attribute) const {
  return node_ == nullptr ? "" : taken(xmlGetNoNsProp(node_, as_xml(attribute)));
}

std::string Element::get(const char* attribute, const std::string& otherwise) const {
  const std::string value = get(attribute);
  return value.empty() ? otherwise : value;
}

std::string Element::text() const {
  return node_ == nullptr ? "" : trimmed(taken(xmlNodeGetContent(node_)));
}

long Element::line() const { return node_ == nullptr ? 0 : xmlGetLineNo(node_); }

std::vector<Element> Element::children() const {
  std::vector<Element> elements;
  for (xmlNode* node = node_ == nullptr ? nullptr : node_->children; node; node = node->next) {
    if (node->type == XML_ELEMENT_NODE) elements.emplace_back(node);
  }
  return elements;
}

std::vector<Element> Element::children(std::string_view name) const {
  std::vector<Element> elements = children();
  std::erase_if(elements, [&](const Element& element) { return element.name() != name; });
  return elements;
}

Element Element::child(std::string_view name) const {
  const std::vector<Element> elements = children(name);
  return elements.empty() ? Element() : elements.front();
}

Error not_understood(const Element& element, const char* attribute) {
  const std::string what = attribute == nullptr ? ""
                                                : " " + std::string(attribute) + "='" +
                                                      printable(element.get(attribute)) + "'";
  return Error{ErrorCode::kUsage, line_of(element) + "<" + printable(element.name()) + what +
                                      "> is not understood, so what it adds is not known; start "
                                      "the guest once (virsh start --paused), and name it"};
}

Error error_at(const Element& element, const std::string& why) {
  return Error{ErrorCode::kUsage, line_of(element) + "<" + printable(element.name()) + ">: " + why};
}

Status check_children(const Element& element, std::initializer_list<std::string_view> known) {
  for (const Element& child : element.children()) {
    if (std::ranges::find(known, child.name()) == known.end()) return not_understood(child);
  }
  return Done{};
}

}  // namespace qsbx
