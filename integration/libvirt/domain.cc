// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/domain.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xmlerror.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>

#include "integration/libvirt/hand_over.h"
#include "integration/libvirt/qemu_request.h"
#include "src/errors/text.h"
#include "src/lockdown/sandbox.h"

namespace qsbx {

const char* sandbox_schema() {
  static const char kSchema[] =
#include "sandbox.rng.inc"
      ;
  return kSchema;
}

namespace {

constexpr size_t kLargestDomain = 16 << 20;
constexpr char kQemuNamespace[] = "http://libvirt.org/schemas/domain/qemu/1.0";
// Of any version.
constexpr std::string_view kAnyNamespace = "urn:qsbx:libvirt:domain:";

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Document = std::unique_ptr<xmlDoc, Freed<xmlFreeDoc>>;
using SchemaParser = std::unique_ptr<xmlRelaxNGParserCtxt, Freed<xmlRelaxNGFreeParserCtxt>>;
using Schema = std::unique_ptr<xmlRelaxNG, Freed<xmlRelaxNGFree>>;
using Validator = std::unique_ptr<xmlRelaxNGValidCtxt, Freed<xmlRelaxNGFreeValidCtxt>>;

Error wrong(const std::string& why) { return Error{ErrorCode::kUsage, why}; }

std::string text_of(const xmlChar* text) {
  return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

std::string name_of(const xmlNode* node) { return text_of(node->name); }

std::string namespace_of(const xmlNode* node) {
  return node->ns == nullptr ? "" : text_of(node->ns->href);
}

std::string content_of(xmlNode* node) {
  xmlChar* content = xmlNodeGetContent(node);
  const std::string text = text_of(content);
  xmlFree(content);
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<std::string> attribute_of(xmlNode* node, const char* name) {
  xmlChar* value = xmlGetNoNsProp(node, reinterpret_cast<const xmlChar*>(name));
  if (value == nullptr) return std::nullopt;
  const std::string text = text_of(value);
  xmlFree(value);
  return text;
}

std::vector<xmlNode*> elements_in(xmlNode* parent) {
  std::vector<xmlNode*> elements;
  if (parent == nullptr) return elements;
  for (xmlNode* node = parent->children; node != nullptr; node = node->next) {
    if (node->type == XML_ELEMENT_NODE) elements.push_back(node);
  }
  return elements;
}

xmlNode* first_in(xmlNode* parent, const std::string& name, const std::string& space = "") {
  for (xmlNode* node : elements_in(parent)) {
    if (name_of(node) == name && namespace_of(node) == space) return node;
  }
  return nullptr;
}

std::string content_in(xmlNode* parent, const std::string& name) {
  xmlNode* node = first_in(parent, name);
  return node == nullptr ? "" : content_of(node);
}

void quiet(void*, const char*, ...) {}

// The first complaint, which is the one that tells what is wrong.
void keep_first(void* kept, xmlError* error) {
  auto& text = *static_cast<std::string*>(kept);
  if (!text.empty()) return;
  text = error->message == nullptr ? "it is not valid" : error->message;
  while (text.ends_with("\n") || text.ends_with(" ")) text.pop_back();
  text = "line " + std::to_string(error->line) + ": " + text;
}

Result<Document> parse(const std::string& xml, const std::string& root_name) {
  if (xml.size() > kLargestDomain) return wrong("the guest's description is larger than 16 MiB");
  Document document(xmlReadMemory(xml.data(), static_cast<int>(xml.size()), "domain.xml", nullptr,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
  xmlNode* root = document ? xmlDocGetRootElement(document.get()) : nullptr;
  if (root == nullptr || name_of(root) != root_name) {
    return wrong(
        "this is no description of a libvirt guest: it is no XML that begins with "
        "<domain>");
  }
  return document;
}

Result<Schema> schema() {
  const std::string text = sandbox_schema();
  SchemaParser parser(xmlRelaxNGNewMemParserCtxt(text.data(), static_cast<int>(text.size())));
  Schema schema(parser ? xmlRelaxNGParse(parser.get()) : nullptr);
  if (!schema)
    return wrong("the schema of <qsbx:sandbox> cannot be read; this is a defect of qsbx");
  return schema;
}

// A document of the element alone, as the schema has it.
Status validate(xmlNode* sandbox) {
  auto grammar = schema();
  if (!grammar) return grammar.error();
  Document document(xmlNewDoc(reinterpret_cast<const xmlChar*>("1.0")));
  xmlDocSetRootElement(document.get(), xmlDocCopyNode(sandbox, document.get(), 1));
  Validator validator(xmlRelaxNGNewValidCtxt(grammar->get()));
  std::string complaint;
  xmlRelaxNGSetValidStructuredErrors(validator.get(), keep_first, &complaint);
  if (xmlRelaxNGValidateDoc(validator.get(), document.get()) == 0) return Done{};
  return wrong("the guest's <qsbx:sandbox> metadata is not as sandbox.rng has it: " +
               printable(complaint));
}

Result<std::optional<Declaration>> declaration_in(xmlNode* metadata) {
  xmlNode* sandbox = nullptr;
  for (xmlNode* node : elements_in(metadata)) {
    const std::string space = namespace_of(node);
    if (!space.starts_with(kAnyNamespace)) continue;
    if (space != kDomainNamespace) {
      return wrong("the guest's metadata is of the namespace " + printable(space) +
                   ", and this version of qsbx knows " + kDomainNamespace + " only");
    }
    if (sandbox != nullptr) return wrong("the guest's metadata has two elements of qsbx's");
    sandbox = node;
  }
  if (sandbox == nullptr) return std::optional<Declaration>();
  if (Status valid = validate(sandbox); !valid) return valid.error();
  Declaration declared;
  if (const auto mode = attribute_of(sandbox, "mode")) {
    const auto known = mode_from_string(*mode);
    if (!known) return known.error();
    declared.mode = *known;
  }
  if (const auto roles = attribute_of(sandbox, "roles")) declared.roles = *roles == "on";
  for (xmlNode* allow : elements_in(sandbox)) {
    declared.features.insert(attribute_of(allow, "feature").value_or(""));
  }
  return std::optional<Declaration>(std::move(declared));
}

void add_command_line(Domain& domain, xmlNode* root) {
  for (xmlNode* node : elements_in(first_in(root, "commandline", kQemuNamespace))) {
    if (name_of(node) == "arg") {
      domain.arguments.push_back(attribute_of(node, "value").value_or(""));
    }
    if (name_of(node) == "env") {
      domain.variables.push_back(attribute_of(node, "name").value_or(""));
    }
  }
}

}  // namespace

bool may_load_code(const std::string& variable) {
  constexpr std::string_view kHarmless[] = {"DISPLAY",
                                            "LANG",
                                            "MALLOC_ARENA_MAX",
                                            "MALLOC_PERTURB_",
                                            "PULSE_SERVER",
                                            "QEMU_AUDIO_DRV",
                                            "SDL_AUDIODRIVER",
                                            "SDL_VIDEODRIVER",
                                            "SPICE_DEBUG_LEVEL",
                                            "TMPDIR",
                                            "TZ",
                                            "WAYLAND_DISPLAY",
                                            "XAUTHORITY",
                                            "XDG_RUNTIME_DIR"};
  return std::ranges::find(kHarmless, variable) == std::end(kHarmless);
}

bool is_plugin_option(const std::string& argument) {
  return argument == "-plugin" || argument == "--plugin";
}

Result<bool> is_paused(const std::string& status_xml) {
  const auto document = parse(status_xml, "domstatus");
  if (!document) return document.error();
  return attribute_of(xmlDocGetRootElement(document->get()), "state") == "paused";
}

bool Domain::has_launcher() const {
  return std::filesystem::path(emulator).filename().string().ends_with(kLauncherEnding);
}

Result<Domain> read_domain(const std::string& xml) {
  xmlSetGenericErrorFunc(nullptr, quiet);
  const auto document = parse(xml, "domain");
  if (!document) return document.error();
  xmlNode* root = xmlDocGetRootElement(document->get());
  Domain domain;
  domain.name = content_in(root, "name");
  domain.emulator = content_in(first_in(root, "devices"), "emulator");
  if (first_in(root, "uuid") != nullptr) {
    const auto uuid = uuid_from_string(content_in(root, "uuid"));
    if (!uuid) return uuid.error();
    domain.uuid = *uuid;
  }
  auto declaration = declaration_in(first_in(root, "metadata"));
  if (!declaration) return declaration.error();
  domain.declaration = std::move(declaration).value();
  add_command_line(domain, root);
  return domain;
}

}  // namespace qsbx
