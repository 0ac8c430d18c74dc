// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A wall of Landlock (landlock(7), Linux 5.13): what a process may do with paths, TCP, abstract
// sockets and signals, whatever its filters grant, and for io_uring as well as for system calls.
//
//   WallPlan plan;
//   plan.paths = {{"/var/lib/vm/disk.raw", PathUse::kReadWrite}, {"/usr/lib", PathUse::kRead}};
//   auto wall = Wall::prepare(kernel, plan);
//   if (wall && wall->put_up()) ...   // everything else is refused with EACCES from here on
//
// The kernel puts a wall around the calling thread and what it starts later; since ABI 8 (Linux
// 7.0) around all threads at once. Before that it is put up by a process with one thread only.
// What is open already stays open. A wall is inherited over fork and exec, and cannot be taken
// down.
#ifndef QSBX_KERNEL_LANDLOCK_H_
#define QSBX_KERNEL_LANDLOCK_H_

#include <string>
#include <vector>

#include "kernel/event.h"
#include "kernel/kernel.h"
#include "src/errors/result.h"

namespace qsbx {

// Of a file, or of a folder with everything below it.
enum class PathUse {
  kRead,        // files are read, folders listed
  kReadDevice,  // kRead, and ioctl(2) on devices
  kRun,         // kRead, and programs are started
  kReadWrite,   // kRead, files are written and cut short; ioctl(2) on devices; sockets connected to
  kMakeSockets,  // of a folder: sockets are made in it, and nothing else
  kOwn,          // of a folder: kReadWrite, and what is in it is made, renamed and removed
};

struct WallPath {
  std::string path;
  PathUse use;
  bool optional = false;  // a path that is not there is left out; else it is an error

  bool operator==(const WallPath&) const = default;
};

// What is let through.
struct WallPlan {
  std::vector<WallPath> paths;
  bool tcp_bind = false;
  bool tcp_connect = false;
  bool abstract_sockets = false;  // connecting to UNIX sockets without a path that others made
  bool signals = false;           // to processes that are not behind this wall
};

class Wall {
 public:
  // Everything that allocates, and nearly everything that can fail. kKernel where there is no
  // Landlock, kUsage for a path that is not there.
  static Result<Wall> prepare(Kernel& kernel, const WallPlan& plan);

  // Sets no_new_privs, and puts the wall around every thread of the process, or around none: then
  // no_new_privs may remain set. kThread when there are others, and the kernel cannot.
  Status put_up();

  int abi() const { return abi_; }
  // What this kernel's Landlock lets through though the plan does not, in words.
  const std::vector<std::string>& gaps() const { return gaps_; }

 private:
  Wall(Kernel& kernel, int abi) : kernel_(&kernel), abi_(abi) {}
  Status add(const WallPath& path);

  Kernel* kernel_;
  int abi_;
  OwnedFd rules_;
  std::vector<std::string> gaps_;
};

// Landlock's version here; kKernel, with the way out, when there is none.
Result<int> landlock_abi(Kernel& kernel);

}  // namespace qsbx

#endif
