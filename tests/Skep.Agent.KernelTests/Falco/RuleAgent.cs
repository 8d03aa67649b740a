namespace Skep.Agent.KernelTests.Falco;

/// <summary>An agent with a rule for each kind of event, which raises an alert for each that matches.</summary>
public sealed class RuleAgent : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("skep-rules").FullName;
    readonly Lazy<AlertedAgent> _agent;

    public RuleAgent()
    {
        _agent = new(() =>
        {
            var file = Path.Combine(_directory, "rules.yaml");
            File.WriteAllText(file, Rules);
            return new AlertedAgent([file], "--rule-matching", "all");
        });
    }

    internal AlertedAgent Agent => _agent.Value;

    /// <summary>Where files are made.</summary>
    public string Folder => _directory;

    public static int Port { get; } = new Random().Next(20000, 30000);

    (string Name, string Condition)[] Conditions =>
    [
        ("opened for writing", $"evt.type in (open, openat) and evt.is_open_write = true and fd.num >= 0 and fd.directory = {_directory} and fd.filename startswith plan"),
        ("opened as asked", $"evt.type = openat2 and fd.typechar = 'f' and evt.arg.flags contains O_TRUNC and fd.name glob {_directory}/*.txt"),
        ("not opened", $"evt.type = openat and fd.num = -1 and evt.res = ENOENT and fd.name pmatch ({_directory}/none)"),
        ("executed", "evt.type in (execve, execveat) and proc.exe = eg_zero and proc.args contains --secret and proc.aname = eg_top and not proc.aname = eg_deed"),
        ("executed from memory", "evt.type in (execve, execveat) and proc.is_exe_from_memfd = true and proc.exepath = memfd:eg_hidden"),
        ("connected", $"evt.type = connect and evt.rawres >= 0 and fd.sip = 127.0.0.1 and fd.sport = {Port} and fd.l4proto = tcp and fd.net = 127.0.0.0/8"),
        ("refused", "evt.type = connect and evt.res = ECONNREFUSED and fd.connected = false"),
        ("sent", $"evt.type = sendto and fd.l4proto = udp and fd.sport = {Port} and fd.connected = false and fd.name_changed = true"),
        ("traced", "evt.type = ptrace and evt.arg.request = PTRACE_TRACEME"),
        ("symbolic link", "evt.type in (symlink, symlinkat) and evt.arg.target in (/etc/shadow, /etc/gshadow)"),
        ("link", $"evt.type in (link, linkat) and evt.arg.oldpath startswith {_directory}"),
        ("duplicated", "evt.type in (dup, dup2, dup3) and fd.type in (ipv4, ipv6) and evt.rawres = 100"),
        ("socket", "evt.type = socket and evt.arg.domain = AF_INET6"),
        ("made executable", "evt.type in (chmod, fchmodat) and evt.arg.mode contains S_IXUSR and evt.res = SUCCESS"),
        ("removed", "evt.type in (unlink, unlinkat) and evt.arg.name endswith gone.txt"),
        ("another user", "evt.type = setuid and evt.arg.uid = daemon and user.name = daemon"),
    ];

    string Rules => string.Join('\n', Conditions.Select(rule => $"""
        - rule: {rule.Name}
          desc: {rule.Name}
          condition: "{rule.Condition} and (proc.name startswith eg_ or proc.name startswith memfd:eg_)"
          output: "%evt.type %evt.res (process=%proc.name parent=%proc.pname user=%user.name file=%fd.name descriptor=%fd.num directory=%fd.directory name=%fd.filename from=%fd.cip to=%fd.sip:%fd.sport path=%proc.exepath flags=%evt.arg.flags)"
          priority: NOTICE
          tags: [own, {rule.Name.Replace(' ', '_')}]
        """.Replace("%evt.arg.flags", rule.Name == "opened as asked" ? "%evt.arg.flags" : "%evt.num", StringComparison.Ordinal)));

    public void Dispose()
    {
        if (_agent.IsValueCreated) _agent.Value.Dispose();
        Directory.Delete(_directory, true);
    }
}
