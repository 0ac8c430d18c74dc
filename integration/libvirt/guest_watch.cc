// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A guest that a violation has stopped is to libvirt one that has crashed. Its log says which it
// was: qsbx has written its line before QEMU ended. Logs are looked at by a timer, since violations
// that stop no guest are no event of libvirt's.
#include "integration/libvirt/guest_watch.h"

#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>

#include "integration/libvirt/connection.h"
#include "integration/libvirt/guest_check.h"
#include "integration/libvirt/guest_status.h"
#include "integration/libvirt/guests.h"
#include "integration/libvirt/lifecycle_event.h"
#include "integration/libvirt/qmp_event.h"
#include "integration/libvirt/xml.h"
#include "src/errors/text.h"

namespace qsbx {
namespace {

constexpr int kLookEveryMilliseconds = 200;
// After so long without an answer the daemon counts as gone. Hosts that have much to do stall.
constexpr int kKeepAliveSeconds = 10;
constexpr unsigned kKeepAliveCount = 6;
// How often a log is looked at until a guest that has failed counts as one that just crashed.
constexpr int kLooksAfterEnd = 4;

// How long a guest may take until its policy is in force: libvirt tells that it resumes when QEMU
// is about to let it run.
constexpr std::chrono::seconds kPatience(5);
// After so long the daemon is listened to again, which else takes us for gone.
constexpr std::chrono::seconds kLongestLook(1);

// An event that is told when it has come out whether the guest is locked down.
struct Unchecked {
  WatchEvent event;
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::now() + kPatience;
};

// What is remembered of a guest from its start to its end.
struct Watched {
  std::string uuid;
  int id = -1;  // libvirt's number of this run
  std::optional<Unchecked> unchecked;
  std::optional<bool> locked_down;  // as it was told last
  std::string stopped_for;          // why it is destroyed by us
  size_t told = 0;                  // violations
  std::optional<Violation> ending;  // the one that ends it
  std::string end;                  // libvirt's reason, once it has ended
  int looks_left = kLooksAfterEnd;
  timespec read = {};  // when the log was last changed, as far as it was read
};

Status tell(const Outputs& outputs, const WatchEvent& event) {
  for (const Output& output : outputs) {
    if (!output.tell) continue;
    if (Status told = output.tell(event); !told) return told;
  }
  return Done{};
}

Status tell_counts(const Outputs& outputs, const AllCounts& counts) {
  for (const Output& output : outputs) {
    if (!output.tell_counts) continue;
    if (Status told = output.tell_counts(counts); !told) return told;
  }
  return Done{};
}

std::string uuid_of(const Guest& guest) {
  const auto xml = Xml::parse(guest.xml, "domain");
  return xml ? xml->text("/domain/uuid") : "";
}

WatchEvent state_of(const Guest& guest) {
  WatchEvent event = {guest.name, uuid_of(guest), "state", state_text(guest)};
  event.violations = guest.log.violations.size();
  if (guest.unreadable) event.wrong = guest.unreadable->to_string();
  if (const Violation* end = guest.ended_by()) {
    event.syscall = end->call;
    event.violation = end->line;
  }
  return event;
}

void add_check(WatchEvent& event, const GuestCheck& check) {
  if (check.wrong) event.wrong = check.wrong->to_string();
  if (check.is_open()) return;
  if (check.runs && (check.protection || check.wrong)) event.locked_down = check.locked_down();
}

GuestCounts counts_of(const Guest& guest, std::optional<bool> locked_down) {
  return {guest.runs(), guest.log.violations.size(), guest.ended_by() != nullptr, locked_down};
}

bool newer(const timespec& one, const timespec& other) {
  return std::pair(one.tv_sec, one.tv_nsec) > std::pair(other.tv_sec, other.tv_nsec);
}

// Whom an event is about.
struct Subject {
  std::string name, uuid;
  int id;
};

Subject subject_of(virDomainPtr domain) {
  char uuid[VIR_UUID_STRING_BUFLEN] = "";
  virDomainGetUUIDString(domain, uuid);
  return {virDomainGetName(domain), uuid, static_cast<int>(virDomainGetID(domain))};
}

// libvirt numbers runs; of one that has ended it has no number any more.
bool is_another_run(const Subject& guest, const Watched& watched) {
  const bool is_known = watched.id >= 0 || !watched.end.empty();
  return guest.id >= 0 && guest.id != watched.id && is_known;
}

class GuestWatch {
 public:
  GuestWatch(LibvirtDaemon daemon, const Outputs& outputs, Unprotected unprotected)
      : daemon_(std::move(daemon)), outputs_(outputs), unprotected_(unprotected) {}

  Status run();

 private:
  static int on_lifecycle(virConnectPtr, virDomainPtr domain, int event, int detail, void* watch);
  static void on_qmp_event(virConnectPtr, virDomainPtr domain, const char* event, long long,
                           unsigned int, const char* data, void* watch);
  static void on_close(virConnectPtr, int, void* watch);
  static void on_timer(int, void* watch);

  Status subscribe(virConnectPtr connection);
  Status subscribe_to_qemu(virConnectPtr connection);
  Status begin();
  Status lifecycle(const Subject& guest, int event, int detail);
  Result<Watched*> run_of(const Subject& guest);
  Status ended(const Subject& guest, const std::string& reason);
  Status resumed(const Subject& guest);
  Status look_at_filters();
  Status look_at_filters(const std::string& name, Watched& guest);
  GuestCheck check(const std::string& name, const Watched& guest) const;
  DomainHandle running_domain_of(const Watched& guest) const;
  Status tell_checked(const std::string& name, Watched& guest, const GuestCheck& check);
  Status stop(const std::string& name, const Watched& guest) const;
  Status look_at_logs();
  Status look_at_log(const std::string& name, Watched& guest);
  Status tell_violations(const std::string& name, Watched& guest, const GuestLog& log);
  Status tell_last(const std::string& name, Watched& guest);
  Status tell_end(const std::string& name, const Watched& guest);
  bool may_still_be_written(const Watched& guest) const;
  Status refresh_counts();
  void keep(const Status& done);

  LibvirtDaemon daemon_;
  const Outputs& outputs_;
  Unprotected unprotected_;
  virConnectPtr connection_ = nullptr;
  std::map<std::string, Watched> guests_;
  std::optional<Error> failure_;
};

void GuestWatch::keep(const Status& done) {
  if (!done && !failure_) failure_ = done.error();
}

int GuestWatch::on_lifecycle(virConnectPtr, virDomainPtr domain, int event, int detail,
                             void* watch) {
  auto* self = static_cast<GuestWatch*>(watch);
  self->keep(self->lifecycle(subject_of(domain), event, detail));
  return 0;
}

void GuestWatch::on_qmp_event(virConnectPtr, virDomainPtr domain, const char* event, long long,
                              unsigned int, const char* data, void* watch) {
  const Subject guest = subject_of(domain);
  WatchEvent told = {guest.name, guest.uuid, "qmp"};
  told.qmp = event;
  told.data = data == nullptr ? "" : data;
  told.bad = is_bad_qmp_event(told.qmp);
  auto* self = static_cast<GuestWatch*>(watch);
  self->keep(tell(self->outputs_, told));
}

void GuestWatch::on_close(virConnectPtr, int, void* watch) {
  static_cast<GuestWatch*>(watch)->keep(
      Error{ErrorCode::kKernel,
            "libvirt's daemon has ended the connection; start this again once it runs"});
}

void GuestWatch::on_timer(int, void* watch) {
  auto* self = static_cast<GuestWatch*>(watch);
  self->keep(self->look_at_logs());
  self->keep(self->look_at_filters());
}

Status GuestWatch::subscribe(virConnectPtr connection) {
  virConnectRegisterCloseCallback(connection, on_close, this, nullptr);
  virConnectSetKeepAlive(connection, kKeepAliveSeconds, kKeepAliveCount);
  const int events =
      virConnectDomainEventRegisterAny(connection, nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                       VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), this, nullptr);
  const int timer = virEventAddTimeout(kLookEveryMilliseconds, on_timer, this, nullptr);
  if (events >= 0 && timer >= 0) return subscribe_to_qemu(connection);
  return Error{ErrorCode::kKernel, "libvirt does not tell of its guests"};
}

// The guest is not marked as tainted by that.
Status GuestWatch::subscribe_to_qemu(virConnectPtr connection) {
  const int events = virConnectDomainQemuMonitorEventRegister(
      connection, nullptr, qmp_event_pattern().c_str(), on_qmp_event, this, nullptr,
      VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX);
  if (events >= 0) return Done{};
  return Error{ErrorCode::kKernel,
               std::string("libvirt does not tell of QEMU's events: ") + virGetLastErrorMessage()};
}

// Of the violations of before, what is told of the state has the number.
Status GuestWatch::begin() {
  const auto guests = find_guests(daemon_);
  if (!guests) return guests.error();
  for (const Guest& guest : *guests) {
    if (!guest.runs() && !guest.hides()) {
      if (Status told = tell(outputs_, state_of(guest)); !told) return told;
      continue;
    }
    Watched& watched = guests_[guest.name];
    watched.uuid = uuid_of(guest);
    if (const DomainHandle domain{virDomainLookupByUUIDString(connection_, watched.uuid.c_str())}) {
      watched.id = subject_of(domain.get()).id;
    }
    watched.told = guest.log.violations.size();
    watched.unchecked = Unchecked{state_of(guest)};
  }
  if (Status looked = look_at_filters(); !looked) return looked;
  return refresh_counts();
}

Status GuestWatch::run() {
  virEventRegisterDefaultImpl();
  // QEMU's events are for those only who may change guests.
  const auto connection = Connection::open(daemon_.uri, false);
  if (!connection) return connection.error();
  connection_ = connection->get();
  if (Status subscribed = subscribe(connection_); !subscribed) return subscribed;
  keep(begin());
  while (!failure_) {
    if (virEventRunDefaultImpl() < 0)
      return Error{ErrorCode::kKernel, "libvirt's event loop fails"};
  }
  return *failure_;
}

// libvirt tells that a guest resumes before it tells that it has started, so it is the number that
// begins another run. Of the run before, the last lines may not have been there yet.
Result<Watched*> GuestWatch::run_of(const Subject& guest) {
  const auto found = guests_.find(guest.name);
  const bool is_another = found != guests_.end() && is_another_run(guest, found->second);
  if (is_another) {
    if (!found->second.end.empty()) {
      if (Status told = tell_last(guest.name, found->second); !told) return told.error();
    }
    guests_.erase(found);
  }
  Watched& watched = guests_[guest.name];
  watched.uuid = guest.uuid;
  if (guest.id >= 0) watched.id = guest.id;
  return &watched;
}

Status GuestWatch::lifecycle(const Subject& subject, int event, int detail) {
  if (event == VIR_DOMAIN_EVENT_STOPPED) return ended(subject, reason_of_stop(detail));
  if (event == VIR_DOMAIN_EVENT_RESUMED) return resumed(subject);
  const std::string what = name_of_event(event, detail);
  if (what.empty()) return Done{};
  if (event == VIR_DOMAIN_EVENT_STARTED) {
    if (const auto run = run_of(subject); !run) return run.error();
  }
  if (Status told = tell(outputs_, {subject.name, subject.uuid, what}); !told) return told;
  return refresh_counts();
}

Status GuestWatch::ended(const Subject& subject, const std::string& reason) {
  const auto guest = run_of(subject);
  if (!guest) return guest.error();
  (*guest)->end = reason;
  return look_at_logs();
}

// However often it resumes, its time does not begin again: that is in the guest's own hands.
Status GuestWatch::resumed(const Subject& subject) {
  const auto run = run_of(subject);
  if (!run) return run.error();
  Watched& guest = **run;
  Unchecked unchecked = {{subject.name, subject.uuid, "resumed"}};
  if (guest.unchecked) unchecked.until = guest.unchecked->until;
  guest.unchecked = std::move(unchecked);
  guest.locked_down.reset();
  return look_at_filters(subject.name, guest);
}

Status GuestWatch::look_at_filters() {
  const auto until = std::chrono::steady_clock::now() + kLongestLook;
  for (auto& [name, guest] : guests_) {
    if (std::chrono::steady_clock::now() > until) return Done{};
    if (Status looked = look_at_filters(name, guest); !looked) return looked;
  }
  return Done{};
}

Status GuestWatch::look_at_filters(const std::string& name, Watched& guest) {
  if (!guest.unchecked) return Done{};
  const GuestCheck found = check(name, guest);
  const bool in_time = std::chrono::steady_clock::now() < guest.unchecked->until;
  if (found.may_change() && in_time) return Done{};
  return tell_checked(name, guest, found);
}

// One that has resumed has `run`, whatever libvirt has written of it by now. Threads that have not
// taken their role's program yet are looked at again, so that no look waits for them. Who has taken
// a QEMU over can change what it says of itself, but not that libvirt has it.
GuestCheck GuestWatch::check(const std::string& name, const Watched& guest) const {
  const auto found = find_guest(daemon_, name);
  if (!found) {
    GuestCheck unknown;
    unknown.wrong = found.error();
    return unknown;
  }
  const bool resumed = guest.unchecked->event.event == "resumed";
  const auto at_once = std::chrono::milliseconds::zero();
  GuestCheck check =
      resumed ? check_guest(*found, Phase::kRun, at_once) : check_guest(*found, at_once);
  if ((check.protection || found->hides()) && !found->runs() && running_domain_of(guest)) {
    check.runs = true;
    if (!check.wrong) {
      check.wrong = Error{ErrorCode::kNotProven,
                          "the process that libvirt has for the guest does not have its -uuid"};
    }
  }
  return check;
}

// Empty where that run is over.
DomainHandle GuestWatch::running_domain_of(const Watched& guest) const {
  DomainHandle domain(virDomainLookupByUUIDString(connection_, guest.uuid.c_str()));
  if (!domain || !is_running(domain.get())) return DomainHandle();
  return subject_of(domain.get()).id == guest.id ? std::move(domain) : DomainHandle();
}

Status GuestWatch::tell_checked(const std::string& name, Watched& guest, const GuestCheck& check) {
  WatchEvent event = std::move(guest.unchecked->event);
  guest.unchecked.reset();
  add_check(event, check);
  guest.locked_down = event.locked_down;
  if (Status told = tell(outputs_, event); !told) return told;
  if (Status counted = refresh_counts(); !counted) return counted;
  if (unprotected_ == Unprotected::kTell || !check.is_unprotected()) return Done{};
  guest.stopped_for = event.wrong;
  return stop(name, guest);
}

// It may end by itself meanwhile.
Status GuestWatch::stop(const std::string& name, const Watched& guest) const {
  const DomainHandle domain = running_domain_of(guest);
  if (!domain || virDomainDestroy(domain.get()) == 0 || !is_running(domain.get())) return Done{};
  return Error{ErrorCode::kKernel,
               "cannot stop the guest " + printable(name) + ", which " +
                   "is not locked down as declared: " + virGetLastErrorMessage()};
}

Status GuestWatch::tell_violations(const std::string& name, Watched& guest, const GuestLog& log) {
  if (log.violations.size() < guest.told) guest.told = 0;  // virtlogd has begun another file
  if (log.violations.size() == guest.told) return Done{};
  for (; guest.told < log.violations.size(); ++guest.told) {
    const Violation& one = log.violations[guest.told];
    if (one.ends && !guest.ending) guest.ending = one;
    if (Status told = tell(outputs_, {name, guest.uuid, "violation", "", one.call, one.line});
        !told)
      return told;
  }
  return refresh_counts();
}

Status GuestWatch::look_at_log(const std::string& name, Watched& guest) {
  const std::string file = daemon_.logs + name + ".log";
  struct stat now = {};
  if (stat(file.c_str(), &now) != 0 || !newer(now.st_mtim, guest.read)) return Done{};
  guest.read = now.st_mtim;
  const auto log = read_guest_log(file);
  if (!log) return log.error();
  return tell_violations(name, guest, *log);
}

// Of a guest that has ended. What was to be looked at is gone.
Status GuestWatch::tell_last(const std::string& name, Watched& guest) {
  if (guest.unchecked) {
    WatchEvent event = std::move(guest.unchecked->event);
    guest.unchecked.reset();
    event.wrong = "the guest ended before it was known whether it was locked down";
    if (Status told = tell(outputs_, event); !told) return told;
  }
  return tell_end(name, guest);
}

Status GuestWatch::tell_end(const std::string& name, const Watched& guest) {
  WatchEvent event = {name, guest.uuid, "stopped", guest.end};
  if (guest.ending && guest.end == "crashed") {
    event.reason = "violation";
    event.syscall = guest.ending->call;
    event.violation = guest.ending->line;
  }
  if (!guest.stopped_for.empty() && guest.end == "destroyed") {
    event.reason = "unprotected";
    event.wrong = guest.stopped_for;
  }
  return tell(outputs_, event);
}

// libvirt may tell of the end before its log daemon has written the last line.
bool GuestWatch::may_still_be_written(const Watched& guest) const {
  return guest.end == "crashed" && !guest.ending && guest.looks_left > 0;
}

Status GuestWatch::look_at_logs() {
  for (auto guest = guests_.begin(); guest != guests_.end();) {
    auto& [name, watched] = *guest;
    if (Status looked = look_at_log(name, watched); !looked) return looked;
    if (watched.end.empty()) {
      ++guest;
      continue;
    }
    if (may_still_be_written(watched)) {
      --watched.looks_left;
      ++guest;
      continue;
    }
    if (Status told = tell_last(name, watched); !told) return told;
    guest = guests_.erase(guest);
    if (Status counted = refresh_counts(); !counted) return counted;
  }
  return Done{};
}

Status GuestWatch::refresh_counts() {
  const bool wanted = std::ranges::any_of(
      outputs_, [](const Output& output) { return static_cast<bool>(output.tell_counts); });
  if (!wanted) return Done{};
  const auto guests = find_guests(daemon_);
  if (!guests) return guests.error();
  AllCounts counts;
  for (const Guest& guest : *guests) {
    const auto watched = guests_.find(guest.name);
    const bool is_watched = watched != guests_.end() && watched->second.end.empty();
    counts[guest.name] = counts_of(guest, is_watched ? watched->second.locked_down : std::nullopt);
    counts[guest.name].running |= is_watched && guest.hides();
  }
  return tell_counts(outputs_, counts);
}

}  // namespace

Status tell_what_is(const LibvirtDaemon& daemon, const Outputs& outputs) {
  const auto guests = find_guests(daemon);
  if (!guests) return guests.error();
  AllCounts counts;
  for (const Guest& guest : *guests) {
    WatchEvent event = state_of(guest);
    if (guest.runs()) add_check(event, check_guest(guest));
    if (Status told = tell(outputs, event); !told) return told;
    counts[guest.name] = counts_of(guest, event.locked_down);
  }
  return tell_counts(outputs, counts);
}

Status watch_guests(const LibvirtDaemon& daemon, const Outputs& outputs, Unprotected unprotected) {
  return GuestWatch(daemon, outputs, unprotected).run();
}

}  // namespace qsbx
