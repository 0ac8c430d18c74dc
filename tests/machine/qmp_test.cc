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

std::string reply(const Json& command, const Json& value) {
  return Json{{"return", value}, {"id", command["id"]}}.dump();
}

std::string refusal(const Json& command, const std::string& words) {
  return Json{{"error", {{"class", "GenericError"}, {"desc", words}}}, {"id", command["id"]}}
      .dump();
}

std::string event(const std::string& name) { return R"({"event": ")" + name + R"("})"; }

TEST(QmpClient, NegotiatesAfterTheGreeting) {
  ScriptedQemu qemu;
  qemu.answer = [](const Json& command) { return std::vector{reply(command, Json::object())}; };
  QmpClient qmp(qemu);
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
  qemu.answer = [](const Json& command) { return std::vector{refusal(command, "not now")}; };
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
    return std::vector{event("STOP"), reply(command, command["arguments"]["n"])};
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

TEST(QmpClient, AnAnswerToAnotherQuestionEndsTheConversation) {
  for (const char* line : {R"({"return": {}, "id": 77})", R"({"return": {}})", R"({"id": 1})",
                           R"({"return": {}, "id": "1"})", "null", "garbage"}) {
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
  qemu.answer = [](const Json& command) { return std::vector{refusal(command, "locked image")}; };
  QmpClient qmp(qemu);
  ASSERT_TRUE(qmp.send({"cont"}).ok());
  const auto told = qmp.await_event(soon());
  ASSERT_TRUE(told.ok() && told->has_value());
  EXPECT_EQ((*told)->name, "refused");
  EXPECT_EQ((*told)->refusal, "locked image");
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

// A machine with one network card below one bus, as QOM shows it.
Json small_machine(const Json& command) {
  const std::string name = command["execute"];
  const auto property = [](const char* key, const char* type) {
    return Json{{"name", key}, {"type", type}};
  };
  if (name == "qom-get") return "pc-q35-7.2-machine";
  if (name == "qom-list") {
    const std::string path = command["arguments"]["path"];
    if (path == "/machine") {
      return {property("type", "string"), property("peripheral", "child<container>"),
              property("ram", "child<memory-region>")};
    }
    if (path == "/machine/peripheral") return {property("n0", "child<virtio-net-pci>")};
    if (path == "/machine/peripheral/n0") {
      return {property("realized", "bool"), property("hotplugged", "bool")};
    }
    if (path == "/chardevs") {
      return {property("mine", "child<chardev-socket>"), property("c", "child<chardev-pty>")};
    }
    if (path == "/objects") return {property("io", "child<iothread>")};
    return Json::array();
  }
  if (name == "human-monitor-command") {
    return "n0: index=0,type=nic,model=virtio-net-pci\r\n \\ net0: index=0,type=tap,ifname=t\r\n";
  }
  if (name == "query-named-block-nodes") return {{{"drv", "qcow2"}}, {{"drv", "file"}}};
  if (name == "query-kvm") return {{"enabled", true}, {"present", true}};
  if (name == "query-display-options") return {{"type", "none"}};
  if (name == "query-vnc") return {{"enabled", true}};
  if (name == "query-version") return {{"qemu", {{"major", 10}, {"minor", 0}, {"micro", 3}}}};
  if (name == "query-tpm") {
    return Json::array({{{"id", "t"}, {"options", {{"type", "emulator"}}}}});
  }
  return Json();
}

std::vector<std::string> answer_as_small_machine(const Json& command) {
  const Json answer = small_machine(command);
  return {answer.is_null() ? refusal(command, "no such command") : reply(command, answer)};
}

TEST(ReadMachine, FindsEveryKindOfPart) {
  ScriptedQemu qemu;
  qemu.lines.clear();
  qemu.answer = answer_as_small_machine;
  QmpClient qmp(qemu);
  const auto machine = read_machine(qmp, "mine");
  ASSERT_TRUE(machine.ok()) << machine.error().message;
  const std::set<Part> expected = {{"machine", "pc-q35-7.2-machine"},
                                   {"device", "virtio-net-pci"},
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

TEST(ReadMachine, ScreensOfAnOlderQemuAreNotShared) {
  ScriptedQemu qemu;
  qemu.lines.clear();
  qemu.answer = [](const Json& command) {
    if (command["execute"] != "query-version") return answer_as_small_machine(command);
    return std::vector{reply(command, {{"qemu", {{"major", 9}, {"minor", 1}}}})};
  };
  QmpClient qmp(qemu);
  const auto machine = read_machine(qmp, "mine");
  ASSERT_TRUE(machine.ok()) << machine.error().message;
  EXPECT_FALSE(machine->parts.contains({"option", "shared-surfaces"}));
  EXPECT_TRUE(machine->parts.contains({"display", "vnc"}));
}

TEST(ReadMachine, AsksAGraphicsCardForBlobs) {
  for (const bool blob : {true, false}) {
    ScriptedQemu qemu;
    qemu.lines.clear();
    qemu.answer = [blob](const Json& command) {
      const Json arguments = command.value("arguments", Json::object());
      if (arguments.value("path", "") != "/machine/peripheral/n0") {
        return answer_as_small_machine(command);
      }
      if (command["execute"] == "qom-get") {
        EXPECT_EQ(arguments["property"], "blob");
        return std::vector{reply(command, blob)};
      }
      return std::vector{reply(command, {{{"name", "blob"}, {"type", "bool"}}})};
    };
    QmpClient qmp(qemu);
    const auto machine = read_machine(qmp, "mine");
    ASSERT_TRUE(machine.ok()) << machine.error().message;
    EXPECT_EQ(machine->parts.contains({"option", "virtio-gpu-blob"}), blob);
  }
}

TEST(ReadMachine, NamesTheQuestionThatQemuDoesNotAnswer) {
  for (const char* question :
       {"query-kvm", "query-named-block-nodes", "human-monitor-command", "query-version"}) {
    ScriptedQemu qemu;
    qemu.lines.clear();
    qemu.answer = [question](const Json& command) {
      if (command["execute"] != question) return answer_as_small_machine(command);
      return std::vector{refusal(command, "no")};
    };
    QmpClient qmp(qemu);
    const auto machine = read_machine(qmp, "mine");
    ASSERT_FALSE(machine.ok());
    EXPECT_THAT(machine.error().message, HasSubstr(question));
  }
}

// Answers of any other shape must not end the process.
TEST(ReadMachine, SurvivesAnswersOfAnyShape) {
  for (const Json& shape : {Json(), Json(1), Json("text"), Json::array(), Json::object(),
                            Json::array({1, nullptr, "x"}), Json::array({Json::array()}),
                            Json::array({{{"options", 1}}}), Json{{"enabled", "yes"}}}) {
    ScriptedQemu qemu;
    qemu.lines.clear();
    qemu.answer = [&shape](const Json& command) {
      return std::vector{command["execute"] == "qom-get" ? reply(command, "m")
                                                         : reply(command, shape)};
    };
    QmpClient qmp(qemu);
    EXPECT_TRUE(read_machine(qmp, "mine").ok()) << shape.dump();
  }
}

TEST(ReadMachine, FailsWhenQemuGoesInTheMiddle) {
  for (size_t after = 0; after < 14; ++after) {
    ScriptedQemu qemu;
    qemu.lines.clear();
    qemu.answer = [&](const Json& command) {
      return qemu.asked.size() > after ? std::vector<std::string>{}
                                       : answer_as_small_machine(command);
    };
    QmpClient qmp(qemu);
    const auto machine = read_machine(qmp, "mine");
    ASSERT_FALSE(machine.ok()) << after;
    EXPECT_EQ(machine.error().code, ErrorCode::kState);
    EXPECT_EQ(machine.error().saved_errno, EPIPE) << after;
  }
}

// By the errno the caller knows that the reading was given up, and not that it went wrong.
TEST(ReadMachine, GivesWayToTheUrgentEventAtEveryQuestion) {
  for (size_t after = 0; after < 14; ++after) {
    ScriptedQemu qemu;
    qemu.lines.clear();
    qemu.answer = [&](const Json& command) {
      return qemu.asked.size() > after ? std::vector{event("RESUME")}
                                       : answer_as_small_machine(command);
    };
    QmpClient qmp(qemu);
    qmp.give_way_to("RESUME");
    const auto machine = read_machine(qmp, "mine");
    ASSERT_FALSE(machine.ok()) << after;
    EXPECT_EQ(machine.error().saved_errno, EINTR) << after;
  }
}

TEST(MachineExists, NotWhileQemuRefuses) {
  ScriptedQemu qemu;
  qemu.lines.clear();
  qemu.answer = [](const Json& command) { return std::vector{refusal(command, "preconfig")}; };
  QmpClient qmp(qemu);
  const auto exists = machine_exists(qmp);
  ASSERT_TRUE(exists.ok());
  EXPECT_FALSE(*exists);
}

}  // namespace
}  // namespace qsbx
