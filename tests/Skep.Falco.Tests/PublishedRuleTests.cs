using Shouldly;
using Skep.Falco.Tests.Evaluation;
using Xunit;

namespace Skep.Falco.Tests;

/// <summary>Falco's stable rules and events that they are meant for, where SKEP_CORPUS names a copy of them.</summary>
public class PublishedRuleTests
{
    static readonly Lazy<FalcoMatcher> s_matcher = new(() => new(FalcoRules.Load([Corpus.Source("falco_rules.yaml")]).Rules, all: true));

    [Theory]
    [InlineData("cat", "Read sensitive file untrusted")]
    [InlineData("sshd", "")]
    [InlineData("passwd", "")]
    public void Reading_of_passwords_is_seen(string program, string expected) =>
        Expect(Process("openat", program), e =>
        {
            e["evt.is_open_read"] = true;
            e["evt.is_open_write"] = false;
            File(e, "/etc/shadow");
        }, expected);

    [Fact]
    public void Reading_of_other_files_is_not() =>
        Expect(Process("openat", "cat"), e =>
        {
            e["evt.is_open_read"] = true;
            e["evt.is_open_write"] = false;
            File(e, "/etc/hostname");
        }, "");

    [Fact]
    public void A_log_that_is_emptied_is_seen() =>
        Expect(Process("open", "bash"), e =>
        {
            e["evt.is_open_read"] = false;
            e["evt.is_open_write"] = true;
            e["evt.arg[flags]"] = "O_TRUNC|O_WRONLY";
            File(e, "/var/log/syslog");
        }, "Clear Log Activities");

    [Theory]
    [InlineData("/dev/shm/x", "/", "Execution from /dev/shm")]
    [InlineData("./x", "/dev/shm/", "Execution from /dev/shm")]
    [InlineData("/usr/bin/x", "/", "")]
    public void Programs_in_shared_memory_are_seen(string exe, string directory, string expected) =>
        Expect(Process("execve", "x"), e =>
        {
            e["proc.exe"] = exe;
            e["proc.cwd"] = directory;
        }, expected);

    [Fact]
    public void Programs_without_a_file_are_seen() =>
        Expect(Process("execveat", "x"), e => e["proc.is_exe_from_memfd"] = true, "Fileless execution via memfd_create");

    [Theory]
    [InlineData("PTRACE_TRACEME", "PTRACE anti-debug attempt")]
    [InlineData("PTRACE_ATTACH", "PTRACE attached to process")]
    [InlineData("PTRACE_CONT", "")]
    public void Tracers_are_seen(string request, string expected) => Expect(Process("ptrace", "x"), e => e["evt.arg[request]"] = request, expected);

    [Fact]
    public void Links_to_passwords_are_seen() =>
        Expect(Process("symlinkat", "ln"), e => e["evt.arg[target]"] = "/etc/shadow", "Create Symlink Over Sensitive Files");

    [Theory]
    [InlineData("container", "AF_PACKET", "Packet socket created in container")]
    [InlineData("host", "AF_PACKET", "")]
    [InlineData("container", "AF_INET", "")]
    public void Packet_sockets_in_containers_are_seen(string where, string domain, string expected) =>
        Expect(Process("socket", "x"), e =>
        {
            e["container.id"] = where == "host" ? "host" : "0123456789ab";
            e["evt.arg[domain]"] = domain;
        }, expected);

    [Fact]
    public void A_shell_with_a_terminal_in_a_container_is_seen() =>
        Expect(Process("execve", "bash"), e =>
        {
            e["container.id"] = "0123456789ab";
            e["proc.tty"] = 34816;
        }, "Terminal shell in container");

    [Fact]
    public void Modules_that_a_container_loads_are_seen() =>
        Expect(Process("init_module", "insmod"), e =>
        {
            e["container.id"] = "0123456789ab";
            e["thread.cap_effective"] = "CAP_CHOWN CAP_SYS_MODULE";
            e["evt.res"] = "SUCCESS";
        }, "Linux Kernel Module Injection Detected");

    static TestEvent Process(string type, string name) => new(type)
    {
        ["evt.num"] = 1,
        ["evt.rawres"] = 0,
        ["evt.res"] = "SUCCESS",
        ["container.id"] = "host",
        ["container.name"] = "host",
        ["user.name"] = "root",
        ["user.uid"] = 0,
        ["proc.name"] = name,
        ["proc.exe"] = name,
        ["proc.exepath"] = "/usr/bin/" + name,
        ["proc.cmdline"] = name,
        ["proc.args"] = "",
        ["proc.cwd"] = "/root/",
        ["proc.tty"] = 0,
        ["proc.pname"] = "systemd",
        ["proc.pcmdline"] = "systemd",
        ["proc.aname"] = new object[] { "systemd" },
        ["proc.duration"] = 10_000_000_000,
        ["proc.is_exe_upper_layer"] = false,
        ["proc.is_exe_from_memfd"] = false,
    };

    static void File(TestEvent item, string path)
    {
        item["fd.num"] = 5;
        item["fd.typechar"] = "f";
        item["fd.name"] = path;
        item["fd.nameraw"] = path;
        item["fd.filename"] = Path.GetFileName(path);
        item["fd.directory"] = Path.GetDirectoryName(path)!;
    }

    static void Expect(TestEvent item, Action<TestEvent> change, string expected)
    {
        if (!Corpus.IsThere) return;
        change(item);
        var matches = new List<FalcoRule>();
        s_matcher.Value.Match(item, matches);
        string.Join(", ", matches.Select(r => r.Name)).ShouldBe(expected);
    }
}
