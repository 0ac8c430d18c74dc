// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/definition.h"

#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "integration/libvirt/domain.h"
#include "integration/libvirt/xml.h"

namespace qsbx {
namespace {

constexpr char kSandboxes[] = "/domain/metadata/qsbx:sandbox";
constexpr char kAllowed[] = "/domain/metadata/qsbx:sandbox/qsbx:allow";
// Of any version and name, as read_domain() refuses them.
constexpr char kOurs[] =
    "/domain/metadata/*[starts-with(namespace-uri(), 'urn:qsbx:libvirt:domain:')]";

const xmlChar* as_xml(const std::string& text) {
  return reinterpret_cast<const xmlChar*>(text.c_str());
}

void set_attribute(xmlNode* element, const char* name, const std::optional<std::string>& value) {
  if (!value) return;
  if (value->empty()) {
    xmlUnsetProp(element, as_xml(name));
  } else {
    xmlSetProp(element, as_xml(name), as_xml(*value));
  }
}

// In front of what is there, on a line of its own.
xmlNode* prepend(xmlNode* parent, xmlNode* child, const std::string& indentation) {
  xmlNode* space = xmlNewText(as_xml("\n" + indentation));
  if (parent->children == nullptr) {
    xmlAddChild(parent, child);
    xmlAddChild(parent, xmlNewText(as_xml("\n" + indentation.substr(2))));
  } else {
    xmlAddPrevSibling(parent->children, child);
  }
  xmlAddPrevSibling(child, space);
  return child;
}

void remove(xmlNode* node) {
  xmlNode* space = node->prev;
  if (space != nullptr && space->type == XML_TEXT_NODE && xmlIsBlankNode(space)) {
    xmlUnlinkNode(space);
    xmlFreeNode(space);
  }
  xmlUnlinkNode(node);
  xmlFreeNode(node);
}

xmlNode* metadata_of(const Xml& xml) {
  const auto there = xml.select("/domain/metadata");
  if (!there.empty()) return there.front();
  xmlNode* metadata = xmlNewNode(nullptr, as_xml("metadata"));
  const auto names = xml.select("/domain/uuid | /domain/name");
  if (names.empty()) return prepend(xml.root(), metadata, "  ");
  xmlAddNextSibling(names.back(), metadata);
  xmlAddPrevSibling(metadata, xmlNewText(as_xml("\n  ")));
  return metadata;
}

xmlNode* sandbox_of(const Xml& xml) {
  const auto there = xml.select(kSandboxes);
  if (!there.empty()) return there.front();
  xmlNode* sandbox = xmlNewNode(nullptr, as_xml("sandbox"));
  xmlSetNs(sandbox, xmlNewNs(sandbox, as_xml(kDomainNamespace), as_xml("qsbx")));
  return prepend(metadata_of(xml), sandbox, "    ");
}

// An element whose content are blanks has none.
void drop_blank_content(xmlNode* element) {
  xmlNode* only = element->children;
  if (only == nullptr || only->next != nullptr || !xmlIsBlankNode(only)) return;
  xmlUnlinkNode(only);
  xmlFreeNode(only);
}

// Comments stay.
void set_features(const Xml& xml, xmlNode* sandbox, const std::set<std::string>& features) {
  for (xmlNode* allow : xml.select(kAllowed)) remove(allow);
  drop_blank_content(sandbox);
  for (auto feature = features.rbegin(); feature != features.rend(); ++feature) {
    xmlNode* allow = xmlNewNode(sandbox->ns, as_xml("allow"));
    xmlSetProp(allow, as_xml("feature"), as_xml(*feature));
    prepend(sandbox, allow, "      ");
  }
}

void declare(const Xml& xml, const DeclarationChange& change) {
  xmlNode* sandbox = sandbox_of(xml);
  set_attribute(sandbox, "mode", change.mode);
  set_attribute(sandbox, "roles", change.roles);
  const auto texts = xml.texts(std::string(kAllowed) + "/@feature");
  const std::set<std::string> features(texts.begin(), texts.end());
  if (change.features && *change.features != features) set_features(xml, sandbox, *change.features);
}

void set_emulator(const Xml& xml, const std::string& program) {
  if (xml.text("/domain/devices/emulator") == program) return;
  const auto there = xml.select("/domain/devices/emulator");
  if (!there.empty()) return xmlNodeSetContent(there.front(), as_xml(program));
  xmlNode* emulator = xmlNewNode(nullptr, as_xml("emulator"));
  xmlNodeSetContent(emulator, as_xml(program));
  for (xmlNode* devices : xml.select("/domain/devices")) prepend(devices, emulator, "    ");
}

void remove_declaration(const Xml& xml) {
  for (xmlNode* declaration : xml.select(kOurs)) remove(declaration);
  for (xmlNode* metadata : xml.select("/domain/metadata[not(*)]")) remove(metadata);
}

// A file without a name for `diff` to read.
int file_with(const std::string& text) {
  const int file = memfd_create("definition", 0);
  if (file >= 0 && write(file, text.data(), text.size()) < 0) g_warning("cannot write to a memfd");
  return file;
}

std::string path_of(int file) { return "/proc/self/fd/" + std::to_string(file); }

}  // namespace

Result<ChangedDefinition> enabled(const std::string& xml, const std::string& launcher,
                                  const DeclarationChange& change) {
  const auto document = Xml::parse(xml, "domain");
  if (!document) return document.error();
  ChangedDefinition changed = {document->to_string(), ""};
  set_emulator(*document, launcher);
  declare(*document, change);
  changed.after = document->to_string();
  return changed;
}

Result<ChangedDefinition> disabled(const std::string& xml, const std::string& qemu) {
  const auto document = Xml::parse(xml, "domain");
  if (!document) return document.error();
  ChangedDefinition changed = {document->to_string(), ""};
  if (!qemu.empty()) set_emulator(*document, qemu);
  remove_declaration(*document);
  changed.after = document->to_string();
  return changed;
}

Result<std::string> difference(const ChangedDefinition& change, const std::string& name) {
  const int before = file_with(change.before);
  const int after = file_with(change.after);
  const std::string old_label = name + " (as it is)";
  const std::string new_label = name + " (changed)";
  const std::string old_path = path_of(before);
  const std::string new_path = path_of(after);
  const char* command[] = {"diff",           "-u",
                           "--label",        old_label.c_str(),
                           "--label",        new_label.c_str(),
                           old_path.c_str(), new_path.c_str(),
                           nullptr};
  gchar* output = nullptr;
  const auto flags = static_cast<GSpawnFlags>(G_SPAWN_SEARCH_PATH | G_SPAWN_LEAVE_DESCRIPTORS_OPEN);
  const bool ran = g_spawn_sync(nullptr, const_cast<gchar**>(command), nullptr, flags, nullptr,
                                nullptr, &output, nullptr, nullptr, nullptr);
  close(before);
  close(after);
  if (!ran) return Error{ErrorCode::kKernel, "cannot start diff; install diffutils"};
  std::string text = output;
  g_free(output);
  return text;
}

}  // namespace qsbx
