using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Skep.Tetragon.Filters;
using Skep.Tetragon.Tests.Export;

namespace Skep.Tetragon.Tests.Filters;

/// <summary>curl in a pod, started by a shell that systemd started.</summary>
static class FilterFixture
{
    public const string ContainerId = "16ecce28d6808e01f6b91f990b07616aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    public static PodInfo Pod { get; } = new()
    {
        Namespace = "shop",
        Name = "web-1",
        HasLabels = true,
        Labels = new Dictionary<string, string> { ["app"] = "web", ["app.kubernetes.io/part-of"] = "shop", ["env"] = "prod" },
    };

    public static ProcessInfo Systemd { get; } = new() { Id = new ProcessId(1, 1), Executable = "/usr/lib/systemd/systemd"u8.ToArray(), Flags = ProcessFlags.Seeded };

    public static ProcessInfo Curl { get; } = Process(new ContainerInfo { Id = ContainerId, Name = "spaceship", Pod = Pod });

    public static ProcessInfo OnHost { get; } = Process(null);

    public static ProcessInfo Process(ContainerInfo? container, string arguments = "curl\0https://example.org\0--token secret\0") => new()
    {
        Id = new ProcessId(4242, 1_000_000_000),
        Parent = ExportFixture.Shell(Systemd),
        ParentId = new ProcessId(100, 500_000_000),
        Executable = "/usr/bin/curl"u8.ToArray(),
        Arguments = System.Text.Encoding.UTF8.GetBytes(arguments),
        Credentials = new Credentials(1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 0, 0, 0, 0, 1UL << 21 | 1UL << 12, 1UL << 12, 0, 0, 0),
        Container = container,
        Flags = ProcessFlags.InInitTree,
        Environment = "PATH=/bin\0API_KEY=hunter2\0"u8.ToArray(),
    };

    public static byte[] Line(EventType type, ProcessInfo? process = null, ExportOptions? options = null, uint tid = 4242, ulong time = 2_000_000_000)
    {
        var writer = new ExportWriter(options ?? ExportFixture.Options);
        process ??= Curl;
        switch (type)
        {
            case EventType.ProcessExec:
                writer.WriteExec(process, time);
                break;
            case EventType.ProcessExit:
                writer.WriteExit(process, tid, time, 9);
                break;
            default:
                var hook = new ExportHook(ExportSection.Kprobe, "f", "p", [new ExportValue(ValueKind.Int32)], [new ExportRule()]);
                HookRecord.TryRead(new HookRecordBuilder().Number(7L).Match(0).Build(), out var record);
                writer.WriteHook(new HookEvent { Record = record, Request = ExportFixture.Request, PolicyName = "p", Process = process, Rule = 0, Actions = MatchActions.Post }, hook);
                break;
        }
        return writer.Written.ToArray();
    }

    public static bool Passes(Filter filter, ProcessInfo? process, EventType type = EventType.ProcessExec, string policy = "") => Passes([filter], [], process, type, policy);

    public static bool Passes(Filter[] allow, Filter[] deny, ProcessInfo? process, EventType type = EventType.ProcessExec, string policy = "", ExportOptions? options = null) =>
        EventFilter.Compile(allow, deny, options).Matches(new ExportedEvent { Type = type, Process = process, Pid = process?.Id.Pid ?? 7, PolicyName = policy, Line = Line(type, process) });
}
