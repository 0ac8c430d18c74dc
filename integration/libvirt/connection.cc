// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/connection.h"

#include <libvirt/virterror.h>

#include <algorithm>
#include <cstdlib>

#include "src/errors/text.h"

namespace qsbx {
namespace {

// What libvirt says is said by whoever called it.
void quiet(void*, virErrorPtr) {}

// What libvirt has on several lines.
std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

Error refused(const std::string& what, ErrorCode code = ErrorCode::kUsage) {
  const char* why = virGetLastErrorMessage();
  return Error{code,
               what + ": " + (why == nullptr ? "libvirt does not say why" : on_one_line(why))};
}

}  // namespace

Result<Connection> Connection::open(const std::string& uri, bool read_only) {
  virSetErrorFunc(nullptr, quiet);
  virConnectPtr connection =
      read_only ? virConnectOpenReadOnly(uri.c_str()) : virConnectOpen(uri.c_str());
  if (connection == nullptr) return refused("no libvirt at " + uri, ErrorCode::kKernel);
  return Connection(connection, uri);
}

Result<DomainHandle> Connection::find_defined(const std::string& name) const {
  DomainHandle domain(virDomainLookupByName(connection_.get(), name.c_str()));
  if (!domain) return refused("no guest " + printable(name) + " of " + uri_);
  if (virDomainIsPersistent(domain.get()) == 1) return domain;
  return Error{ErrorCode::kUsage, "the guest " + printable(name) +
                                      " is transient: it has no definition that could be changed; "
                                      "change the XML that it is created from"};
}

// Not with VIR_DOMAIN_DEFINE_VALIDATE: libvirt has definitions that its own schema does not take.
Status Connection::define(const std::string& xml) const {
  const DomainHandle defined(virDomainDefineXMLFlags(connection_.get(), xml.c_str(), 0));
  if (defined) return Done{};
  return refused("libvirt does not take the changed definition");
}

Result<std::string> definition_of(virDomainPtr domain) {
  char* xml = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
  if (xml == nullptr) return refused("libvirt does not give the definition");
  std::string copy = xml;
  free(xml);
  return copy;
}

bool is_running(virDomainPtr domain) { return virDomainIsActive(domain) == 1; }

Result<FormerStates> former_states_of(virDomainPtr domain) {
  const int saved = virDomainHasManagedSaveImage(domain, 0);
  const int snapshots = virDomainSnapshotNum(domain, 0);
  if (saved >= 0 && snapshots >= 0) return FormerStates{saved == 1, snapshots};
  return refused("libvirt does not say which states of the guest are saved");
}

}  // namespace qsbx
