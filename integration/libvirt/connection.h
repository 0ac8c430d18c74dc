// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libvirt's own library, for what only its daemon can do.
#ifndef QSBX_INTEGRATION_LIBVIRT_CONNECTION_H_
#define QSBX_INTEGRATION_LIBVIRT_CONNECTION_H_

#include <libvirt/libvirt.h>

#include <memory>
#include <string>

#include "src/errors/result.h"

namespace qsbx {

template <auto Release>
struct Released {
  template <typename T>
  void operator()(T* object) const {
    Release(object);
  }
};
using DomainHandle = std::unique_ptr<virDomain, Released<virDomainFree>>;

class Connection {
 public:
  // kKernel when there is no daemon at the URI.
  static Result<Connection> open(const std::string& uri, bool read_only);

  virConnectPtr get() const { return connection_.get(); }

  // kUsage when it is not there, or has no definition that stays.
  Result<DomainHandle> find_defined(const std::string& name) const;
  Status define(const std::string& xml) const;

 private:
  Connection(virConnectPtr connection, const std::string& uri)
      : connection_(connection), uri_(uri) {}

  std::unique_ptr<virConnect, Released<virConnectClose>> connection_;
  std::string uri_;
};

// As it starts the next time, secrets included.
Result<std::string> definition_of(virDomainPtr domain);

bool is_running(virDomainPtr domain);

// What brings the guest back as it was when it was made, its emulator included.
struct FormerStates {
  bool saved = false;  // by `virsh managedsave`
  int snapshots = 0;
};

Result<FormerStates> former_states_of(virDomainPtr domain);

}  // namespace qsbx

#endif
