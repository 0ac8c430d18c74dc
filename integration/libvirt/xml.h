// SPDX-License-Identifier: LGPL-2.1-or-later
//
// XML by libxml2, with questions in XPath. Two prefixes are known there: qemu and qsbx.
#ifndef QSBX_INTEGRATION_LIBVIRT_XML_H_
#define QSBX_INTEGRATION_LIBVIRT_XML_H_

#include <libxml/tree.h>

#include <memory>
#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

inline constexpr char kQemuNamespace[] = "http://libvirt.org/schemas/domain/qemu/1.0";

class Xml {
 public:
  // kUsage when it is no XML whose root has the name.
  static Result<Xml> parse(const std::string& text, const std::string& root);

  xmlNode* root() const { return xmlDocGetRootElement(document_.get()); }
  xmlDoc* document() const { return document_.get(); }

  // What an XPath expression selects; `path` is a constant of the program.
  std::vector<xmlNode*> select(const std::string& path) const;
  bool has(const std::string& path) const { return !select(path).empty(); }
  // Of the first that is selected; empty where nothing is. Elements and attributes.
  std::string text(const std::string& path) const;
  std::vector<std::string> texts(const std::string& path) const;
  // Elements that do not lie in one another, with all in them.
  void remove(const std::string& path);

  // The element with all in it, as a document.
  static std::string to_string(xmlNode* element);
  std::string to_string() const { return to_string(root()); }

 private:
  struct Free {
    void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
  };
  explicit Xml(xmlDoc* document) : document_(document) {}

  std::unique_ptr<xmlDoc, Free> document_;
};

}  // namespace qsbx

#endif
