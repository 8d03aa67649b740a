using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Skep.Bpf;
using Skep.Engine.Matching;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Agent;

/// <summary>
/// Starts a process that does nothing, so that an event of our own goes the whole way: only then is the agent ready. The process is known by
/// its argument, and shown to nobody.
/// </summary>
sealed class SelfTest
{
    static readonly string[] s_programs = ["/bin/true", "/usr/bin/true", "/bin/busybox"];

    const string MarkStart = "skep-ready-";

    readonly byte[] _mark = Encoding.ASCII.GetBytes($"{MarkStart}{Environment.ProcessId}-{Guid.NewGuid():n}");
    uint _pid;

    /// <summary>Where policies choose executions, ours is to be among the events. The same for every agent, so that the next one understands its records.</summary>
    public static Policy Policy { get; } = new()
    {
        Name = "skep-self-test",
        Hooks =
        [
            new HookRequest
            {
                Target = new ExecutionHook(),
                Values = [ProcessValues.OfExecution["arguments"]],
                Rules =
                [
                    new Rule
                    {
                        // The arguments are looked at of these programs alone.
                        When = new All(
                        [
                            new ExecutableCondition([.. Names().Select(name => new TextPattern(TextOperator.Suffix, Encoding.UTF8.GetBytes(name)))], ProcessRelation.Self),
                            new ValueCondition(0, new TextPredicate([new TextPattern(TextOperator.Contains, Encoding.ASCII.GetBytes(MarkStart))])),
                        ]),
                    },
                ],
            },
        ],
    };

    /// <summary>What is to be put in force: these, and the own one as long as it is needed.</summary>
    public IReadOnlyList<Policy> With(IReadOnlyList<Policy> policies) =>
        !HasPassed && policies.Any(p => p.Hooks.Any(h => h.Target is ExecutionHook)) ? [.. policies, Policy] : policies;

    /// <summary>Whether an execution is an event for the sake of our own one only.</summary>
    public static bool IsWantedByUsAlone(ReadOnlySpan<ProcessMatch> matches)
    {
        foreach (var match in matches)
        {
            if (match.Request != Policy.Hooks[0]) return false;
        }
        return !matches.IsEmpty;
    }

    /// <summary>Whether the event came back.</summary>
    public bool HasPassed { get; private set; }

    /// <summary>Whether a process is the one that was started.</summary>
    public bool IsOurs(ProcessInfo process)
    {
        if (!HasPassed && process.Arguments.Span.IndexOf(_mark) >= 0)
        {
            HasPassed = true;
            _pid = process.Id.Pid;
            return true;
        }
        return _pid != 0 && process.Id.Pid == _pid && process.Arguments.Span.IndexOf(_mark) >= 0;
    }

    /// <summary>What the kernel calls the programs: one of many names of a program may be a link.</summary>
    static IEnumerable<string> Names() => s_programs.Where(File.Exists).DefaultIfEmpty(Environment.ProcessPath ?? "").Select(program => $"/{Path.GetFileName(File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program)}").Distinct(StringComparer.Ordinal);

    /// <summary>Whether this process was started by another one's self-test, and has nothing to do.</summary>
    public static bool IsMeant(string[] arguments) => arguments is [var only] && only.StartsWith(MarkStart, StringComparison.Ordinal);

    /// <summary>Starts the process and waits for its end.</summary>
    public void Run()
    {
        // An image may hold nothing but skep.
        var program = Array.Find(s_programs, File.Exists) ?? Environment.ProcessPath ?? throw new BpfException($"the self-test needs one of {string.Join(", ", s_programs)}");
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        // busybox takes the name of its applet first.
        if (program.EndsWith("busybox", StringComparison.Ordinal)) start.ArgumentList.Add("true");
        start.ArgumentList.Add(Encoding.ASCII.GetString(_mark));
        try
        {
            using var process = Process.Start(start);
            process?.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (Win32Exception error)
        {
            throw new BpfException($"cannot start {program} for the self-test: {error.Message}", error);
        }
    }
}
