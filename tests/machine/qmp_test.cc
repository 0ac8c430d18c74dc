// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/qmp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <thread>

#include "src/machine/qmp_machine.h"

namespace qsbx {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

constexpr char kGreeting[] = R"({"QMP": {"version": {}, "capabilities": ["oob"]}})";

Deadline soon() { return steady_clock::now() + milliseconds(2000); }

// A QEMU that says what a test wants, and remembers what it was asked.
class ScriptedQemu : public QmpTransport {
 public:
  std::function<std::vector<std::string>(const Json& command)> answer;
  std::deque<std::string> lines = {kGreeting};
  std::vector<std::string> asked;

  Status write(std::string_view text) override {
    std::istringstream input{std::string(text)};
    for (std::string line; std::getline(input, line);) {
      const Json command = Json::parse(line);
      asked.push_back(command["execute"]);
      for (const auto& reply : answer(command)) lines.push_back(reply);
    }
    return Done{};
  }

  Result<std::string> read_line(Deadline) override {
    if (lines.empty()) return Error{ErrorCode::kState, "QEMU closed its monitor", EPIPE};
    std::string line = lines.front();
    lines.pop_front();
    return line;
  }
};

std::string reply(const Json& value) { return Json{{"return", value}}.dump(); }

std::string refusal(const std::string& words) {
  return Json{{"error", {{"class", "GenericError"}, {"desc", words}}}}.dump();
}

std::string event(const std::string& name) { return R"({"event": ")" + name + R"("})"; }

TEST(QmpClient, NegotiatesAfterTheGreeting) {
  ScriptedQemu qemu;
  qemu.answer = [](const Json&) { return std::vector{reply(Json::object())}; };
  QmpClient qmp(qemu);
  EXPECT_TRUE(qmp.negotiate(soon()).ok());
  EXPECT_EQ(qemu.asked, std::vector<std::string>{"qmp_capabilities"});
}

TEST(QmpClient, KnowsTheVersionBeforeQemuAnswers) {
  ScriptedQemu qemu;
  qemu.lines = {R"({"QMP": {"version": {"qemu": {"major": 7, "minor": 2}}, "capabilities": []}})"};
  qemu.answer = [](const Json&) { return std::vector{reply(Json::object())}; };
  QmpClient qmp(qemu);
  EXPECT_TRUE(qmp.greet(soon()).ok());
  EXPECT_EQ(qmp.version()["major"], 7);
  EXPECT_TRUE(qmp.negotiate(soon()).ok());
  EXPECT_EQ(qemu.asked, std::vector<std::string>{"qmp_capabilities"});
}

TEST(QmpClient, RefusesAGreetingThatIsNone) {
  for (const char* line : {"SSH-2.0-OpenSSH_9.2", "[]", "{}", "", "{\"QMP\": ", "\xff\xfe"}) {
    ScriptedQemu qemu;
    qemu.lines = {line};
    QmpClient qmp(qemu);
    const auto ready = qmp.negotiate(soon());
    ASSERT_FALSE(ready.ok()) << line;
    EXPECT_EQ(ready.error().code, ErrorCode::kState) << line;
  }
}

TEST(QmpClient, TellsRefusalFromABrokenConversation) {
  ScriptedQemu qemu;
  qemu.lines.clear();
  qemu.answer = [](const Json&) { return std::vector{refusal("not now")}; };
  QmpClient qmp(qemu);
  const auto refused = qmp.execute({"cont"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_EQ(refused.error().message, "not now");

  qemu.answer = [](const Json&) { return std::vector<std::string>{}; };
  const auto gone = qmp.execute({"cont"});
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, ErrorCode::kState);
  EXPECT_EQ(gone.error().saved_errno, EPIPE);
}

TEST(QmpClient, KeepsEventsThatComeBetweenAnswers) {
  ScriptedQemu qemu;
  qemu.lines.clear();
  qemu.answer = [](const Json& command) {
    return std::vector{event("STOP"), reply(command["arguments"]["n"])};
  };
  QmpClient qmp(qemu);
  std::vector<QmpCommand> commands;
  for (int i = 0; i < 100; ++i) commands.push_back({"count", {{"n", i}}});
  const auto answers = qmp.execute_all(commands);
  ASSERT_EQ(answers.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(*answers[static_cast<size_t>(i)], Json(i));
  const auto first = qmp.await_event(soon());
  ASSERT_TRUE(first.ok());
  EXPECT_EQ((*first)->name, "STOP");
}

TEST(QmpClient, GivesUpQuestionsAtTheUrgentEvent) {
  ScriptedQemu qemu;
  qemu.lines.clear();
  qemu.answer = [](const Json&) { return std::vector{event("RESUME")}; };
  QmpClient qmp(qemu);
  qmp.give_way_to("RESUME");
  const auto answers = qmp.execute_all(std::vector<QmpCommand>(100, {"query-kvm"}));
  EXPECT_LT(qemu.asked.size(), 100u) << "asked on, although QEMU cannot answer";
  for (const auto& answer : answers) {
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().saved_errno, EINTR);
  }
  const auto resumed = qmp.await_event(soon());
  ASSERT_TRUE(resumed.ok());
  EXPECT_EQ((*resumed)->name, "RESUME");
}

TEST(QmpClient, WhatIsNoAnswerEndsTheConversation) {
  for (const char* line : {R"({"id": 1})", R"({"QMP": {}})", "null", "garbage", "[]"}) {
    ScriptedQemu qemu;
    qemu.lines.clear();
    qemu.answer = [line](const Json&) { return std::vector<std::string>{line}; };
    QmpClient qmp(qemu);
    const auto answer = qmp.execute({"query-kvm"});
    ASSERT_FALSE(answer.ok()) << line;
    EXPECT_EQ(answer.error().code, ErrorCode::kState) << line;
  }
}

TEST(QmpClient, ReportsARefusalOfWhatWasSentAhead) {
  ScriptedQemu qemu;
  qemu.lines.clear();
  qemu.answer = [](const Json&) { return std::vector{refusal("locked image")}; };
  QmpClient qmp(qemu);
  ASSERT_TRUE(qmp.send({"cont"}).ok());
  const auto told = qmp.await_event(soon());
  ASSERT_TRUE(told.ok() && told->has_value());
  EXPECT_EQ((*told)->name, "refused");
  EXPECT_EQ((*told)->refusal, "locked image");
}

TEST(QmpClient, AnAnswerToWhatWasSentAheadIsNotThatToAQuestion) {
  ScriptedQemu qemu;
  qemu.lines.clear();
  qemu.answer = [](const Json& command) { return std::vector{reply(command["execute"])}; };
  QmpClient qmp(qemu);
  ASSERT_TRUE(qmp.send({"cont"}).ok());
  const auto answer = qmp.execute({"query-kvm"});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(*answer, "query-kvm");
  const auto told = qmp.await_event(soon());
  ASSERT_TRUE(told.ok() && told->has_value());
  EXPECT_EQ((*told)->name, "answered");
}

class QmpSocketTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0); }
  void TearDown() override {
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }
  void say(std::string_view text) {
    ASSERT_EQ(write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void hang_up() {
    close(ends_[1]);
    ends_[1] = -1;
  }

  int ends_[2];
};

TEST_F(QmpSocketTest, CutsTheStreamIntoLines) {
  QmpSocket socket(ends_[0]);
  say("one\r\ntwo\nth");
  EXPECT_EQ(*socket.read_line(soon()), "one");
  EXPECT_EQ(*socket.read_line(soon()), "two");
  say("ree\r\n");
  EXPECT_EQ(*socket.read_line(soon()), "three");
}

TEST_F(QmpSocketTest, TakesHugeLines) {
  QmpSocket socket(ends_[0]);
  const std::string huge(3 << 20, 'x');
  std::thread qemu([&] {
    const std::string line = huge + "\n";
    for (size_t sent = 0; sent < line.size();) {
      sent += static_cast<size_t>(write(ends_[1], line.data() + sent, line.size() - sent));
    }
  });
  const auto line = socket.read_line(steady_clock::now() + std::chrono::seconds(30));
  qemu.join();
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(*line, huge);
}

TEST_F(QmpSocketTest, TellsSilenceFromTheEnd) {
  QmpSocket socket(ends_[0]);
  say("half a line");
  const auto silence = socket.read_line(steady_clock::now() + milliseconds(20));
  ASSERT_FALSE(silence.ok());
  EXPECT_EQ(silence.error().saved_errno, ETIMEDOUT);
  hang_up();
  const auto end = socket.read_line(soon());
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().saved_errno, EPIPE);
  EXPECT_FALSE(socket.write("x").ok());
}

constexpr char kGreetingOf10[] =
    R"({"QMP": {"version": {"qemu": {"micro": 3, "minor": 0, "major": 10}}, "capabilities": []}})";

// A machine with one network card, whose type nothing here knows.
constexpr char kSmallTree[] =
    "/ (container)\r\n"
    "  /chardevs (container)\r\n"
    "    /c (chardev-pty)\r\n"
    "    /mine (chardev-socket)\r\n"
    "  /machine (pc-q35-7.2-machine)\r\n"
    "    /peripheral (container)\r\n"
    "      /n0 (virtio-net-pci)\r\n"
    "        /virtio-bus (virtio-pci-bus)\r\n"
    "      /t0 (tpm-tis)\r\n"
    "      /x0 (card-selector)\r\n"
    "    /pc.ram (alias) of it (memory-region)\r\n"
    "  /objects (container)\r\n"
    "    /io (iothread)\r\n"
    "      /below (thread-context)\r\n";

Json small_machine(const Json& command) {
  const std::string name = command["execute"];
  const auto property = [](const char* key) { return Json{{"name", key}, {"type", "bool"}}; };
  if (name == "human-monitor-command") {
    if (command["arguments"]["command-line"] == "info qom-tree /") return kSmallTree;
    return "n0: index=0,type=nic,model=virtio-net-pci\r\n \\ net0: index=0,type=tap,ifname=t\r\n";
  }
  if (name == "qom-list") {
    const bool device = command["arguments"]["path"] != "/machine/peripheral/x0";
    return device ? Json{property("realized"), property("hotplugged")} : Json{property("realized")};
  }
  if (name == "query-named-block-nodes") return {{{"drv", "qcow2"}}, {{"drv", "file"}}};
  if (name == "query-kvm") return {{"enabled", true}, {"present", true}};
  if (name == "query-display-options") return {{"type", "none"}};
  if (name == "query-vnc") return {{"enabled", true}};
  if (name == "query-tpm") {
    return Json::array({{{"id", "t"}, {"options", {{"type", "emulator"}}}}});
  }
  return name == "qmp_capabilities" ? Json::object() : Json();
}

std::vector<std::string> answer_as_small_machine(const Json& command) {
  const Json answer = small_machine(command);
  return {answer.is_null() ? refusal("no such command") : reply(answer)};
}

class ReadMachine : public testing::Test {
 protected:
  ReadMachine() { qemu.lines = {kGreetingOf10}; }

  Result<Machine> read(const IsDeviceType& is_known_device = {}) {
    if (!qemu.answer) qemu.answer = answer_as_small_machine;
    QmpClient qmp(qemu);
    qmp.give_way_to("RESUME");
    EXPECT_TRUE(qmp.negotiate(soon()).ok());
    qemu.asked.clear();
    return read_machine(qmp, "mine", is_known_device);
  }

  void answer_otherwise(const std::string& question, std::function<std::string()> answer) {
    qemu.answer = [question, answer](const Json& command) {
      if (is(command, question)) return std::vector{answer()};
      return answer_as_small_machine(command);
    };
  }

  ScriptedQemu qemu;

 private:
  static bool is(const Json& command, const std::string& question) {
    if (command["execute"] == question) return true;
    const Json arguments = command.value("arguments", Json::object());
    return arguments.value("command-line", "") == question;
  }
};

TEST_F(ReadMachine, FindsEveryKindOfPart) {
  const auto machine = read();
  ASSERT_TRUE(machine.ok()) << machine.error().message;
  const std::set<Part> expected = {{"machine", "pc-q35-7.2-machine"},
                                   {"device", "virtio-net-pci"},
                                   {"device", "tpm-tis"},
                                   {"chardev", "pty"},
                                   {"object", "iothread"},
                                   {"netdev", "tap"},
                                   {"block", "qcow2"},
                                   {"block", "file"},
                                   {"accelerator", "kvm"},
                                   {"display", "none"},
                                   {"display", "vnc"},
                                   {"option", "shared-surfaces"},
                                   {"tpm", "emulator"}};
  EXPECT_EQ(machine->parts, expected);
}

TEST_F(ReadMachine, AsksOnlyWhetherUnknownTypesAreDevices) {
  const auto machine = read([](const std::string& type) { return type != "card-selector"; });
  ASSERT_TRUE(machine.ok()) << machine.error().message;
  EXPECT_EQ(1, std::ranges::count(qemu.asked, "qom-list"));
  EXPECT_TRUE(machine->parts.contains({"device", "virtio-net-pci"}));
  EXPECT_FALSE(machine->parts.contains({"device", "card-selector"}));
  EXPECT_FALSE(machine->parts.contains({"device", "virtio-pci-bus"}));
}

// Such as one whose path QEMU takes for another's, since there is a slash in its name.
TEST_F(ReadMachine, WhatCannotBeAskedForIsADevice) {
  answer_otherwise("qom-list", [] { return refusal("Device '/machine/x/y' not found"); });
  const auto machine = read([](const std::string& type) { return type != "card-selector"; });
  ASSERT_TRUE(machine.ok()) << machine.error().message;
  EXPECT_TRUE(machine->parts.contains({"device", "card-selector"}));
}

TEST_F(ReadMachine, WhatWasUnpluggedMeanwhileIsNone) {
  bool unplugged = false;
  qemu.answer = [&](const Json& command) {
    const Json arguments = command.value("arguments", Json::object());
    if (command["execute"] == "qom-list") {
      unplugged = true;
      return std::vector{refusal("not found")};
    }
    if (unplugged && arguments.value("command-line", "") == "info qom-tree /") {
      return std::vector{reply("/ (container)\n  /machine (m)\n")};
    }
    return answer_as_small_machine(command);
  };
  const auto machine = read([](const std::string& type) { return type != "card-selector"; });
  ASSERT_TRUE(machine.ok()) << machine.error().message;
  EXPECT_FALSE(machine->parts.contains({"device", "card-selector"}));
  EXPECT_TRUE(machine->parts.contains({"device", "virtio-net-pci"}));
}

TEST_F(ReadMachine, ScreensOfAnOlderQemuAreNotShared) {
  qemu.lines = {R"({"QMP": {"version": {"qemu": {"major": 9, "minor": 1}}}})"};
  const auto machine = read();
  ASSERT_TRUE(machine.ok()) << machine.error().message;
  EXPECT_FALSE(machine->parts.contains({"option", "shared-surfaces"}));
  EXPECT_TRUE(machine->parts.contains({"display", "vnc"}));
}

TEST_F(ReadMachine, AsksAGraphicsCardForBlobs) {
  for (const std::string& answer : {reply(true), reply(false), refusal("no such property")}) {
    qemu.lines = {kGreetingOf10};
    qemu.answer = [&](const Json& command) {
      const Json arguments = command.value("arguments", Json::object());
      if (arguments.value("command-line", "") == "info qom-tree /") {
        return std::vector{reply("/ (container)\n  /machine (m)\n    /v (virtio-vga)\n")};
      }
      if (command["execute"] != "qom-get") return answer_as_small_machine(command);
      EXPECT_EQ(arguments, (Json{{"path", "/machine/v"}, {"property", "blob"}}));
      return std::vector{answer};
    };
    const auto machine = read();
    ASSERT_TRUE(machine.ok()) << machine.error().message;
    EXPECT_EQ(machine->parts.contains({"option", "virtio-gpu-blob"}), answer == reply(true));
  }
}

TEST_F(ReadMachine, NamesTheQuestionThatQemuDoesNotAnswer) {
  for (const char* question : {"query-kvm", "query-named-block-nodes", "info qom-tree /"}) {
    qemu.lines = {kGreetingOf10};
    answer_otherwise(question, [] { return refusal("no"); });
    const auto machine = read();
    ASSERT_FALSE(machine.ok());
    const std::string words = question;
    EXPECT_THAT(machine.error().message, HasSubstr(words.substr(0, words.find(" /"))));
  }
}

TEST_F(ReadMachine, RefusesATreeThatCannotBeRead) {
  for (const char* tree :
       {"", "/ (container)", "/ (container)\n  /machine\n", "/ (container)\n      /machine (m)\n",
        "machine (m)", "/ (container)\n  /machine (m)\n   /odd (n)\n"}) {
    qemu.lines = {kGreetingOf10};
    answer_otherwise("info qom-tree /", [tree] { return reply(tree); });
    const auto machine = read();
    ASSERT_FALSE(machine.ok()) << tree;
    EXPECT_THAT(machine.error().message, HasSubstr("QEMU's tree of objects has "));
  }
}

// Answers of any other shape must not end the process.
TEST_F(ReadMachine, SurvivesAnswersOfAnyShape) {
  for (const Json& shape : {Json(), Json(1), Json("text"), Json::array(), Json::object(),
                            Json::array({1, nullptr, "x"}), Json::array({Json::array()}),
                            Json::array({{{"options", 1}}}), Json{{"enabled", "yes"}}}) {
    qemu.lines = {Json{{"QMP", shape}}.dump()};
    qemu.answer = [&shape](const Json& command) {
      const bool tree = command.value("arguments", Json::object()).value("command-line", "") != "";
      return std::vector{tree ? reply("/ (container)\n  /machine (m)\n    /n (new)\n")
                              : reply(shape)};
    };
    EXPECT_TRUE(read().ok()) << shape.dump();
  }
}

TEST_F(ReadMachine, FailsWhenQemuGoesInTheMiddle) {
  for (size_t after = 0; after < 11; ++after) {
    qemu.lines = {kGreetingOf10};
    qemu.answer = [&](const Json& command) {
      const bool gone = qemu.asked.size() > after && command["execute"] != "qmp_capabilities";
      return gone ? std::vector<std::string>{} : answer_as_small_machine(command);
    };
    const auto machine = read();
    ASSERT_FALSE(machine.ok()) << after;
    EXPECT_EQ(machine.error().code, ErrorCode::kState);
    EXPECT_EQ(machine.error().saved_errno, EPIPE) << after;
  }
}

// By the errno the caller knows that the reading was given up, and not that it went wrong.
TEST_F(ReadMachine, GivesWayToTheUrgentEventAtEveryQuestion) {
  for (size_t after = 0; after < 11; ++after) {
    qemu.lines = {kGreetingOf10};
    qemu.answer = [&](const Json& command) {
      const bool resumed = qemu.asked.size() > after && command["execute"] != "qmp_capabilities";
      return resumed ? std::vector{event("RESUME")} : answer_as_small_machine(command);
    };
    const auto machine = read();
    ASSERT_FALSE(machine.ok()) << after;
    EXPECT_EQ(machine.error().saved_errno, EINTR) << after;
  }
}

TEST(MachineExists, NotWhileQemuRefuses) {
  ScriptedQemu qemu;
  qemu.lines.clear();
  qemu.answer = [](const Json&) { return std::vector{refusal("preconfig")}; };
  QmpClient qmp(qemu);
  const auto exists = machine_exists(qmp);
  ASSERT_TRUE(exists.ok());
  EXPECT_FALSE(*exists);
}

}  // namespace
}  // namespace qsbx
