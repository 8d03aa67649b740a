using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Skep.Bpf;
using Skep.Engine.Matching;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;

namespace Skep.Engine.Bench;

/// <summary>
/// What a process pays for being observed: operations of another process without the engine, with it, and without it again. The first figure is CPU
/// time of that process, the second one what the kernel counts for each program.
/// </summary>
static class KernelBench
{
    const int Samples = 9;

    static readonly ValueSpec s_text = new() { Index = 1, Kind = ValueKind.Text }, s_flags = new() { Index = 2, Kind = ValueKind.Int32 };
    static readonly ValueSpec s_file = new() { Index = 0, Kind = ValueKind.FileDescriptor };
    static readonly ValueSpec s_address = new() { Index = 1, Kind = ValueKind.SocketAddress };
    static readonly ValueSpec s_program = new() { Index = 0, Kind = ValueKind.Text };

    static readonly Scene[] s_scenes =
    [
        new("open+close", "open", 40_000,
        [
            new("matches nothing", () => Open(1, i => Text(TextOperator.Equal, $"/nowhere/file-{i}"))),
            new("matches all", () => [Policy(0, Hook("openat", [s_text], null))]),
            new("10 equal", () => Open(10, i => Text(TextOperator.Equal, $"/nowhere/file-{i}"))),
            new("1,000 equal", () => Open(1000, i => Text(TextOperator.Equal, $"/nowhere/file-{i}"))),
            new("10,000 equal", () => Open(10_000, i => Text(TextOperator.Equal, $"/nowhere/file-{i}"))),
            new("10 prefix", () => Open(10, i => Text(TextOperator.Prefix, $"/nowhere/package-{i}/"))),
            new("1,000 prefix", () => Open(1000, i => Text(TextOperator.Prefix, $"/nowhere/package-{i}/"))),
            new("10,000 prefix", () => Open(10_000, i => Text(TextOperator.Prefix, $"/nowhere/package-{i}/"))),
            new("1,000 of 10 shapes", () => Open(1000, i => new All([Text((TextOperator)(i % 2), $"/nowhere/package-{i}/"), Number(1, 0x4000_0000 + i % 5)]))),
            new("200 of a shape each", () => Open(200, i => new All([Text(TextOperator.Prefix, $"/nowhere/package-{i}/"), Number(1, 0x4000_0000 + i)]))),
            new("other executable", () => Open(1, i => new All([Text(TextOperator.Prefix, "/dev/"), new ExecutableCondition([Pattern(TextOperator.Equal, "/usr/bin/nobody")], ProcessRelation.Self)]))),
        ]),
        new("write+read, 2 lseek", "write", 20_000,
        [
            new("matches nothing", () => Write(1)),
            new("matches all", () => [Policy(0, Hook("write", [s_file], null))]),
            new("10 prefix", () => Write(10)),
            new("1,000 prefix", () => Write(1000)),
            new("10,000 prefix", () => Write(10_000)),
        ]),
        new("TCP connect+accept+close", "connect", 2_000,
        [
            new("matches nothing", () => Connect(1, Port)),
            new("matches all", () => [Policy(0, Hook("connect", [s_address], null))]),
            new("10 ports", () => Connect(10, Port)),
            new("1,000 ports", () => Connect(1000, Port)),
            new("10,000 ports", () => Connect(10_000, Port)),
            new("10 networks", () => Connect(10, Network)),
            new("1,000 networks", () => Connect(1000, Network)),
            new("10,000 networks", () => Connect(10_000, Network)),
        ]),
        new("posix_spawn+wait", "exec", 60,
        [
            new("matches nothing", () => Exec(1)),
            new("matches all", () => [Policy(0, Hook("execve", [s_program], null))]),
            new("10,000 equal", () => Exec(10_000)),
            new("filter: another executable", () => Executions(new ExecutableCondition([Pattern(TextOperator.Equal, "/usr/bin/nobody")], ProcessRelation.Self))),
            new("filter: other arguments", () => Executions(Text(TextOperator.Contains, "nothing of the kind"))),
            new("filter: all", () => Executions(Condition.True)),
        ]),
    ];

    /// <param name="filter">Text in the names of the scenes or variants to run; null for all.</param>
    public static int Run(string? filter)
    {
        using var load = new Load(Environment.ProcessorCount - 1);
        Console.WriteLine("| operation | policies | ns without | ns with | added | ratio | applied in | programs: ns a run |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var scene in s_scenes)
        {
            load.Run(scene.Verb, scene.Count);
            foreach (var variant in scene.Variants.Prepend(new Variant("none", () => [])))
            {
                if (filter is null || scene.Name.Contains(filter, StringComparison.Ordinal) || variant.Name.Contains(filter, StringComparison.Ordinal)) Measure(load, scene, variant);
            }
        }
        return 0;
    }

    static void Measure(Load load, Scene scene, Variant variant)
    {
        var (without, with) = (new List<double>(), new List<double>());
        Sample(without);
        string programs;
        TimeSpan applied;
        using (var engine = SkepEngine.Start(new EngineOptions(), new CountingListener()))
        {
            var started = Stopwatch.GetTimestamp();
            if (Refusal(engine, variant.Policies()) is { } refusal)
            {
                Console.WriteLine($"| {scene.Name} | {variant.Name} | – | – | – | – | – | refused: {refusal.Split('\n')[0]} |");
                return;
            }
            applied = Stopwatch.GetElapsedTime(started);
            var ends = false;
            var reader = new Thread(() =>
            {
                while (!Volatile.Read(ref ends)) engine.Poll(TimeSpan.FromMilliseconds(1));
            });
            reader.Start();
            load.Run(scene.Verb, scene.Count);
            Sample(with);
            programs = Programs(engine, load, scene);
            Volatile.Write(ref ends, true);
            reader.Join();
        }
        Sample(without);
        var (before, after) = (Median(without), Median(with));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {scene.Name} | {variant.Name} | {before:N0} | {after:N0} | {after - before:N0} | {after / before:F3} | {applied.TotalMilliseconds:F0} ms | {programs} |"));

        void Sample(List<double> into)
        {
            for (var i = 0; i < Samples; i++) into.Add(load.Run(scene.Verb, scene.Count));
        }
    }

    static string? Refusal(SkepEngine engine, IReadOnlyList<Policy> policies)
    {
        try
        {
            return policies.Count > 0 && engine.Apply(policies).Failures is [var first, ..] ? first.Reason : null;
        }
        catch (BpfException error)
        {
            return error.Message;
        }
    }

    /// <summary>Nanoseconds of a run of each program by the kernel's own count. The least of some rounds: what disturbs only adds.</summary>
    static string Programs(SkepEngine engine, Load load, Scene scene)
    {
        using var counting = RuntimeStatistics.Enable();
        var best = new SortedDictionary<string, double>(StringComparer.Ordinal);
        for (var round = 0; round < Samples; round++)
        {
            var before = engine.Measure().Programs.ToDictionary(p => p.Hook, StringComparer.Ordinal);
            load.Run(scene.Verb, scene.Count);
            foreach (var program in engine.Measure().Programs)
            {
                var (name, runs) = (program.Hook, program.Runs - before[program.Hook].Runs);
                if (runs < scene.Count / 2) continue;
                var cost = (program.RunTime - before[name].RunTime).TotalNanoseconds / runs;
                best[name] = Math.Min(best.GetValueOrDefault(name, double.MaxValue), cost);
            }
        }
        return string.Join(", ", best.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key} {p.Value:F0}")));
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    static Policy[] Open(int count, Func<int, Condition> when) => [.. Enumerable.Range(0, count).Select(i => Policy(i, Hook("openat", [s_text, s_flags], when(i))))];

    static Policy[] Write(int count) => [.. Enumerable.Range(0, count).Select(i => Policy(i, Hook("write", [s_file], Text(TextOperator.Prefix, $"/nowhere/package-{i}/"))))];

    static Policy[] Exec(int count) => [.. Enumerable.Range(0, count).Select(i => Policy(i, Hook("execve", [s_program], Text(TextOperator.Equal, $"/nowhere/program-{i}"))))];

    static Policy[] Executions(Condition when) =>
        [Policy(0, new HookRequest { Target = new ExecutionHook(), Values = [ProcessValues.OfExecution["arguments"]], Rules = [new Rule { When = when }] })];

    static Policy[] Connect(int count, Func<int, Condition> when) => [.. Enumerable.Range(0, count).Select(i => Policy(i, Hook("connect", [s_address], when(i))))];

    /// <summary>Ports below those that the kernel gives out.</summary>
    static ValueCondition Port(int i) => new(0, new PortPredicate(SocketSide.Destination, [new NumberRange(i + 1, i + 1)]));

    static ValueCondition Network(int i) => new(0, new AddressPredicate(SocketSide.Destination, [IPNetwork.Parse($"10.{i / 256}.{i % 256}.0/24")]));

    static ValueCondition Text(TextOperator comparison, string text) => new(0, new TextPredicate([Pattern(comparison, text)]));

    static TextPattern Pattern(TextOperator comparison, string text) => new(comparison, Encoding.UTF8.GetBytes(text));

    static ValueCondition Number(int value, long number) => new(value, new NumberPredicate([new NumberRange(number, number)]));

    static HookRequest Hook(string syscall, ValueSpec[] values, Condition? when) =>
        new() { Target = new SyscallHook(syscall), Values = values, Rules = when is null ? [] : [new Rule { When = when }] };

    static Policy Policy(int i, HookRequest hook) => new() { Name = $"p{i}", Hooks = [hook] };

    sealed record Scene(string Name, string Verb, int Count, Variant[] Variants);

    sealed record Variant(string Name, Func<IReadOnlyList<Policy>> Policies);

    sealed class CountingListener : IEngineListener
    {
        public long Events { get; private set; }

        public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches) => Events++;

        public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches) => Events++;

        public void OnHook(in HookEvent hookEvent) => Events++;

        public void OnBatch()
        {
        }
    }
}
