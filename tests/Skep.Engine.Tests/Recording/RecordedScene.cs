using System.Text;
using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Recording;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Engine.Tests.Records;
using Skep.Tetragon.Tests.Export;

namespace Skep.Engine.Tests.Recording;

/// <summary>Processes that come, run into hooks and go; the same ones for the same seed.</summary>
sealed class RecordedScene : IStackSymbols
{
    public const ulong Second = 1_000_000_000;

    static readonly ProcessId s_init = new(1, 10_000_000);

    readonly Random _random;
    readonly ProcessTree _tree = new(new ProcessTreeOptions());
    readonly List<ProcessInfo> _running = [];
    readonly ContainerInfo _container = new() { Id = new string('a', 64), Runtime = "docker", CgroupId = 77 };
    uint _nextPid = 100;

    public RecordedScene(int seed)
    {
        _random = new Random(seed);
        _tree.Seed(new ProcessInfo { Id = s_init, Flags = ProcessFlags.Seeded, Executable = "/sbin/init"u8.ToArray(), Arguments = "init\0"u8.ToArray() });
    }

    public static HookRequest Opens { get; } = new()
    {
        Target = new SyscallHook("openat"), Origin = "opens.yaml:5:3",
        Values = [new ValueSpec { Index = 0, Kind = ValueKind.Int32 }, new ValueSpec { Index = 1, Kind = ValueKind.Text, Label = "file" }],
    };

    public static HookRequest SameOpens { get; } = new()
    {
        Target = new SyscallHook("openat"), Values = [new ValueSpec { Index = 1, Kind = ValueKind.Text, MaxLength = 16 }], Rules = [new Rule { When = Condition.False }],
    };

    public static HookRequest Shells { get; } = new() { Target = new ExecutionHook(), Rules = [new Rule()] };

    public ulong Time { get; private set; } = 100 * Second;

    /// <summary>What happens next goes to a recorder, and to what is compared with it.</summary>
    public void Play(int events, EventText expected, Recorder? recorder)
    {
        for (var i = 0; i < events; i++)
        {
            Time += (ulong)_random.Next(1, 100_000);
            switch (_running.Count < 4 ? 0 : _random.Next(8))
            {
                case 0:
                    Execute(expected, recorder);
                    break;
                case 1:
                    Exit(expected, recorder);
                    break;
                default:
                    Open(expected, recorder);
                    break;
            }
            recorder?.OnBatch();
        }
    }

    public void LearnContainer() => _container.Learn(new ContainerDetails
    {
        Name = "web", Image = "registry/web:1", ImageId = "sha256:1", StartTime = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), IsFinal = true,
        Pod = new PodInfo { Namespace = "shop", Name = "web-0", Uid = "u", HasLabels = true, Labels = new Dictionary<string, string> { ["app"] = "web" } },
    });

    public bool TryResolve(ulong address, ProcessInfo? process, out StackSymbol symbol)
    {
        symbol = new StackSymbol($"function_{address:x}", process is null ? "" : "/lib/libc.so", address & 15);
        return (address & 1) == 0;
    }

    ProcessInfo Somebody() => _running[_random.Next(_running.Count)];

    void Execute(EventText expected, Recorder? recorder)
    {
        var parent = _running.Count == 0 ? _tree.Find(s_init)! : Somebody();
        var id = new ProcessId(_nextPid++, Time);
        var program = $"/usr/bin/tool-{_random.Next(50)}";
        _tree.OnRecord(RecordBuilder.Fork(new ProcessId(id.Pid, Time - 1), parent.Id, Time - 1));
        var process = _tree.OnRecord(RecordBuilder.Exec(id, parent.Id, Time - 1, program, $"{program}\0--number\0{_random.Next(1000)}\0", "/srv"))!;
        if (_random.Next(3) == 0) process = Contained(process);
        _running.Add(process);
        Span<ProcessMatch> matches = _random.Next(4) == 0 ? [new ProcessMatch(Shells, "shells", 0, MatchActions.Post)] : [];
        recorder?.OnExec(process, Time, id.Pid, matches);
        expected.OnExec(process, Time, id.Pid, matches);
    }

    ProcessInfo Contained(ProcessInfo process) => new()
    {
        Id = process.Id, Parent = process.Parent, ParentId = process.ParentId, Executable = process.Executable, Arguments = process.Arguments, ArgumentsTotal = process.ArgumentsTotal, Container = _container,
        CgroupId = 77, UnknownBecause = "a reason",
    };

    void Exit(EventText expected, Recorder? recorder)
    {
        var process = Somebody();
        _running.Remove(process);
        _tree.OnRecord(RecordBuilder.Exit(process.Id, process.ParentId, Time));
        recorder?.OnExit(process, Time, process.Id.Pid, 3 << 8, []);
        expected.OnExit(process, Time, process.Id.Pid, 3 << 8, []);
    }

    void Open(EventText expected, Recorder? recorder)
    {
        var process = Somebody();
        var bytes = new HookRecordBuilder { Pid = process.Id.Pid, Tid = process.Id.Pid, Start = process.Id.Start, Time = Time }
            .Number(-100L).Text($"/etc/file-{_random.Next(1000)}").Match(0).Build();
        HookRecord.TryRead(bytes, out var record);
        Span<ulong> stack = _random.Next(10) == 0 ? [0x1000, 0x1001, 0x2000] : [];
        var hookEvent = new HookEvent
        {
            Record = record, Request = Opens, PolicyName = "opens", Process = process, UnknownBecause = process.UnknownBecause, Actions = MatchActions.Post, Rule = -1, KernelStack = stack, UserStack = stack, Symbols = this,
        };
        recorder?.OnHook(hookEvent);
        expected.OnHook(hookEvent);
        if (_random.Next(5) > 0) return;
        // Another policy wanted the same record.
        var again = hookEvent with { Request = SameOpens, PolicyName = "same", Rule = 0, Places = [1], KernelStack = default, UserStack = default };
        recorder?.OnHook(again);
        expected.OnHook(again);
    }
}
