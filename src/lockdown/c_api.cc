// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The C API: types of GLib outside, of qsbx::Sandbox inside, and nothing else.
#define QSBX_COMPILATION
#include <qsbx/qsbx.h>
#include <qsbx/strict.h>

#include "kernel/strict.h"
#include "src/lockdown/sandbox.h"
#include "src/lockdown/thread_roles.h"
#include "src/lockdown/thread_spawner.h"

struct _QsbxSandbox {
  qsbx::Sandbox sandbox;
};

namespace {

using qsbx::ErrorCode;
using qsbx::Mode;

QsbxError code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kProfile:
      return QSBX_ERROR_PROFILE;
    case ErrorCode::kProfileSet:
      return QSBX_ERROR_PROFILE_SET;
    case ErrorCode::kUnknownDevice:
      return QSBX_ERROR_UNKNOWN_DEVICE;
    case ErrorCode::kPolicy:
      return QSBX_ERROR_POLICY;
    case ErrorCode::kProgram:
      return QSBX_ERROR_PROGRAM;
    case ErrorCode::kNotProven:
      return QSBX_ERROR_NOT_PROVEN;
    case ErrorCode::kKernel:
      return QSBX_ERROR_KERNEL;
    case ErrorCode::kThread:
      return QSBX_ERROR_THREAD;
    case ErrorCode::kState:
      return QSBX_ERROR_STATE;
    case ErrorCode::kUsage:
      return QSBX_ERROR_USAGE;
  }
  g_assert_not_reached();
}

// The one place where an error becomes a GError. On success nothing happens at all: the filter may
// be in force by then.
template <typename T>
gboolean succeeded(const qsbx::Result<T>& result, GError** error) {
  if (result.ok()) return TRUE;
  g_set_error_literal(error, QSBX_ERROR, code_of(result.error().code),
                      result.error().to_string().c_str());
  return FALSE;
}

// No exception leaves: where memory runs out the process ends here, as in GLib.
template <typename Action>
auto contained(Action action) noexcept {
  return action();
}

Mode mode_of(QsbxMode mode) {
  switch (mode) {
    case QSBX_MODE_ENFORCE:
      return Mode::kEnforce;
    case QSBX_MODE_ERRNO:
      return Mode::kErrno;
    case QSBX_MODE_AUDIT:
      return Mode::kAudit;
  }
  g_critical("%d is no QsbxMode; taking enforce", static_cast<int>(mode));
  return Mode::kEnforce;
}

QsbxMode c_mode_of(Mode mode) {
  switch (mode) {
    case Mode::kEnforce:
      return QSBX_MODE_ENFORCE;
    case Mode::kErrno:
      return QSBX_MODE_ERRNO;
    case Mode::kAudit:
      return QSBX_MODE_AUDIT;
  }
  g_assert_not_reached();
}

}  // namespace

GQuark qsbx_error_quark(void) { return g_quark_from_static_string("qsbx-error-quark"); }

gboolean qsbx_mode_from_string(const char* text, QsbxMode* mode, GError** error) {
  g_return_val_if_fail(text != nullptr && mode != nullptr, FALSE);
  return contained([&] {
    const auto found = qsbx::mode_from_string(text);
    if (found.ok()) *mode = c_mode_of(*found);
    return succeeded(found, error);
  });
}

QsbxSandbox* qsbx_sandbox_new(void) {
  return contained([] { return new _QsbxSandbox; });
}

void qsbx_sandbox_free(QsbxSandbox* sandbox) { delete sandbox; }

gboolean qsbx_sandbox_load_profiles(QsbxSandbox* sandbox, const char* directory, GError** error) {
  g_return_val_if_fail(sandbox != nullptr, FALSE);
  return contained([&] {
    return succeeded(sandbox->sandbox.load_profiles(directory != nullptr ? directory : ""), error);
  });
}

void qsbx_sandbox_set_mode(QsbxSandbox* sandbox, QsbxMode mode) {
  g_return_if_fail(sandbox != nullptr);
  sandbox->sandbox.set_mode(mode_of(mode));
}

QsbxMode qsbx_sandbox_get_mode(QsbxSandbox* sandbox) {
  g_return_val_if_fail(sandbox != nullptr, QSBX_MODE_ENFORCE);
  return c_mode_of(sandbox->sandbox.mode());
}

void qsbx_sandbox_set_kernel_log(QsbxSandbox* sandbox, gboolean log) {
  g_return_if_fail(sandbox != nullptr);
  sandbox->sandbox.set_kernel_log(log != FALSE);
}

void qsbx_sandbox_set_roles(QsbxSandbox* sandbox, gboolean roles) {
  g_return_if_fail(sandbox != nullptr);
  sandbox->sandbox.set_roles(roles != FALSE);
}

gboolean qsbx_sandbox_set_report_fd(QsbxSandbox* sandbox, int fd, GError** error) {
  g_return_val_if_fail(sandbox != nullptr, FALSE);
  return contained([&] { return succeeded(sandbox->sandbox.set_report_descriptor(fd), error); });
}

gboolean qsbx_sandbox_add_part(QsbxSandbox* sandbox, const char* kind, const char* name,
                               GError** error) {
  g_return_val_if_fail(sandbox != nullptr && kind != nullptr && name != nullptr, FALSE);
  return contained([&] { return succeeded(sandbox->sandbox.add_part(kind, name), error); });
}

void qsbx_sandbox_clear_parts(QsbxSandbox* sandbox) {
  g_return_if_fail(sandbox != nullptr);
  sandbox->sandbox.clear_parts();
}

gboolean qsbx_sandbox_allow_feature(QsbxSandbox* sandbox, const char* feature, GError** error) {
  g_return_val_if_fail(sandbox != nullptr && feature != nullptr, FALSE);
  return contained([&] { return succeeded(sandbox->sandbox.allow_feature(feature), error); });
}

gboolean qsbx_sandbox_prepare(QsbxSandbox* sandbox, GError** error) {
  g_return_val_if_fail(sandbox != nullptr, FALSE);
  return contained([&] { return succeeded(sandbox->sandbox.prepare(), error); });
}

char* qsbx_sandbox_describe(QsbxSandbox* sandbox) {
  g_return_val_if_fail(sandbox != nullptr, nullptr);
  return contained([&] {
    const std::string text = sandbox->sandbox.describe();
    return text.empty() ? nullptr : g_strdup(text.c_str());
  });
}

gboolean qsbx_boot(QsbxSandbox* sandbox, GError** error) {
  g_return_val_if_fail(sandbox != nullptr, FALSE);
  return contained([&] { return succeeded(sandbox->sandbox.boot(), error); });
}

gboolean qsbx_lockdown(QsbxSandbox* sandbox, GError** error) {
  g_return_val_if_fail(sandbox != nullptr, FALSE);
  return contained([&] { return succeeded(sandbox->sandbox.lockdown(), error); });
}

void qsbx_thread_starts(const char* name) {
  g_return_if_fail(name != nullptr);
  contained([&] { qsbx::thread_starts(name); });
}

int qsbx_start_thread(pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*),
                      void* argument) {
  return contained([&] { return qsbx::start_thread(thread, attributes, routine, argument); });
}

gboolean qsbx_strict_enter(GError** error) {
  return contained([&] { return succeeded(qsbx::enter_strict(qsbx::running_kernel()), error); });
}

void qsbx_strict_exit(int status) { qsbx::exit_strict(status); }
