// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/xml.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "integration/libvirt/domain.h"

namespace qsbx {
namespace {

constexpr size_t kLargest = 16 << 20;

const xmlChar* as_xml(const char* text) { return reinterpret_cast<const xmlChar*>(text); }

std::string taken(xmlChar* text) {
  std::string copy = text == nullptr ? "" : reinterpret_cast<const char*>(text);
  xmlFree(text);
  return copy;
}

std::string content_of(xmlNode* node) { return taken(xmlNodeGetContent(node)); }

}  // namespace

Result<Xml> Xml::parse(const std::string& text, const std::string& root) {
  constexpr int kQuietly = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
  const Error none{ErrorCode::kUsage, "it is no XML that begins with <" + root + ">"};
  if (text.size() > kLargest) return none;
  Xml xml(xmlReadMemory(text.data(), static_cast<int>(text.size()), "xml", nullptr, kQuietly));
  if (!xml.document_ || xml.root() == nullptr) return none;
  if (reinterpret_cast<const char*>(xml.root()->name) != root) return none;
  return xml;
}

std::vector<xmlNode*> Xml::select(const std::string& path) const {
  std::vector<xmlNode*> nodes;
  xmlXPathContext* context = xmlXPathNewContext(document_.get());
  xmlXPathRegisterNs(context, as_xml("qemu"), as_xml(kQemuNamespace));
  xmlXPathRegisterNs(context, as_xml("qsbx"), as_xml(kDomainNamespace));
  xmlXPathObject* found = xmlXPathEvalExpression(as_xml(path.c_str()), context);
  if (found != nullptr && found->nodesetval != nullptr) {
    const xmlNodeSet& set = *found->nodesetval;
    nodes.assign(set.nodeTab, set.nodeTab + set.nodeNr);
  }
  xmlXPathFreeObject(found);
  xmlXPathFreeContext(context);
  return nodes;
}

std::vector<std::string> Xml::texts(const std::string& path) const {
  std::vector<std::string> texts;
  for (xmlNode* node : select(path)) texts.push_back(content_of(node));
  return texts;
}

std::string Xml::text(const std::string& path) const {
  const auto nodes = select(path);
  return nodes.empty() ? "" : content_of(nodes.front());
}

void Xml::remove(const std::string& path) {
  for (xmlNode* node : select(path)) {
    xmlUnlinkNode(node);
    xmlFreeNode(node);
  }
}

std::string Xml::to_string(xmlNode* element) {
  Xml own(xmlNewDoc(as_xml("1.0")));
  xmlDocSetRootElement(own.document(), xmlDocCopyNode(element, own.document(), 1));
  xmlBuffer* buffer = xmlBufferCreate();
  xmlNodeDump(buffer, own.document(), own.root(), 0, 1);
  const std::string text = reinterpret_cast<const char*>(xmlBufferContent(buffer));
  xmlBufferFree(buffer);
  return text + "\n";
}

}  // namespace qsbx
