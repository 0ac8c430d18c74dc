// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/broker_link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "src/lockdown/broker.h"
#include "src/lockdown/caller_memory.h"

namespace qsbx {
namespace {

constexpr char kProof[] = "qsbx: the broker can read this";
constexpr int kSecondsToAnswer = 10;
constexpr size_t kLongestAnswer = 512;

// What goes along with the two descriptors.
struct Handover {
  pid_t process;
  uint64_t proof;  // the address of kProof there
};

struct Given {
  Handover handover = {};
  int listener = -1;
  int reports = -1;
};

union DescriptorRoom {
  char room[CMSG_SPACE(2 * sizeof(int))];
  struct cmsghdr aligned;
};

Error lost(const std::string& what, int error) {
  return {ErrorCode::kState, "the broker " + what + ": " + strerror(error), error};
}

// By the system call, since a library that is loaded into QEMU takes its place.
bool send_descriptors(int socket, const Handover& handover, const int (&descriptors)[2]) {
  DescriptorRoom room = {};
  struct iovec part = {const_cast<Handover*>(&handover), sizeof handover};
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.room;
  message.msg_controllen = sizeof room.room;
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptors);
  memcpy(CMSG_DATA(header), descriptors, sizeof descriptors);
  return syscall(SYS_sendmsg, socket, &message, MSG_NOSIGNAL) == sizeof handover;
}

Status await_answer(int socket) {
  const struct timeval limit = {kSecondsToAnswer, 0};
  (void)setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  char text[kLongestAnswer];
  ssize_t size;
  while ((size = recv(socket, text, sizeof text, 0)) < 0 && errno == EINTR) {
  }
  if (size < 0) return lost("does not answer", errno);
  if (size == 0) return lost("has ended", EPIPE);
  // The first character says that something follows.
  if (size == 1) return Done{};
  return Error{ErrorCode::kState, {text + 1, static_cast<size_t>(size) - 1}};
}

// False when the other end has ended without a word.
bool receive_descriptors(int socket, Given& given) {
  DescriptorRoom room = {};
  struct iovec part = {&given.handover, sizeof given.handover};
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.room;
  message.msg_controllen = sizeof room.room;
  ssize_t size;
  while ((size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  const struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (size != sizeof given.handover || header == nullptr ||
      header->cmsg_len != CMSG_LEN(2 * sizeof(int))) {
    return false;
  }
  int descriptors[2];
  memcpy(descriptors, CMSG_DATA(header), sizeof descriptors);
  given.listener = descriptors[0];
  given.reports = descriptors[1];
  return true;
}

// Nobody waits yet under the number 0, which the kernel says only after it has understood the rest.
Status check_passes_descriptors(int listener, int any) {
  const int answer = answer_with_descriptor(listener, 0, any, true);
  if (answer == -ENOENT) return Done{};
  return Error{ErrorCode::kKernel,
               std::string("the broker cannot pass descriptors in, which takes Linux 5.9: ") +
                   strerror(-answer),
               -answer};
}

Status check_reads(const Handover& handover) {
  char room[sizeof kProof];
  errno = 0;
  const auto read = text_of_thread(handover.process, handover.proof, room, sizeof room);
  if (read == kProof) return Done{};
  return Error{ErrorCode::kKernel,
               std::string("the broker cannot read the memory of QEMU: ") + strerror(errno) +
                   "; start both as the same user, with ptrace_scope of Yama at 1 or lower",
               errno};
}

Status check_works(const Given& given) {
  if (auto passes = check_passes_descriptors(given.listener, given.reports); !passes) return passes;
  return check_reads(given.handover);
}

// False when nobody waits for the answer any more.
bool tell(int socket, const Status& works) {
  std::string answer = "!";
  if (!works) answer += works.error().message.substr(0, kLongestAnswer - 1);
  return send(socket, answer.data(), answer.size(), MSG_NOSIGNAL) > 0;
}

// Others write to the same pipe, and what they write between our question whether there is room
// and our write would have the write wait, and all opens with it. Waiting or not belongs to what
// was opened, which is shared with QEMU, so it is opened once more.
int opened_without_waiting(int reports) {
  struct stat file = {};
  if (fstat(reports, &file) != 0 || !S_ISFIFO(file.st_mode)) return reports;
  const std::string path = "/proc/self/fd/" + std::to_string(reports);
  const int own = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (own < 0) return reports;
  close(reports);
  return own;
}

}  // namespace

void allow_reading(const BrokerLink& link) { (void)prctl(PR_SET_PTRACER, link.process, 0, 0, 0); }

Status give_listener(const BrokerLink& link, int listener, int report_descriptor) {
  const Handover handover = {getpid(), reinterpret_cast<uintptr_t>(kProof)};
  const bool sent = send_descriptors(link.socket, handover, {listener, report_descriptor});
  const int error = errno;
  close(listener);
  Status answer = sent ? await_answer(link.socket) : lost("cannot be given the listener", error);
  close(link.socket);
  return answer;
}

Status serve_broker(int socket, const OpenList& list) {
  Given given;
  const bool received = receive_descriptors(socket, given);
  if (!received) {
    close(socket);
    return Done{};
  }
  Status works = check_works(given);
  auto quiet = QuietOpens::of_process(given.handover.process);
  const bool told = tell(socket, works);
  close(socket);
  given.reports = opened_without_waiting(given.reports);
  if (works && told) {
    ReportChannel reports(given.reports);
    Broker broker(list, reports, std::move(quiet));
    const int process = static_cast<int>(syscall(SYS_pidfd_open, given.handover.process, 0));
    works = supervise(given.listener, broker, process);
    if (process >= 0) close(process);
  }
  close(given.listener);
  close(given.reports);
  return works;
}

}  // namespace qsbx
