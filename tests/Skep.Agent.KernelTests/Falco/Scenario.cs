using System.Runtime.InteropServices;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>One case of a declarative scenario: what is to be there, who does what, and the alert that it raises.</summary>
sealed class Scenario
{
    readonly Dictionary<string, object?> _test;
    readonly string _case;

    public Scenario(Dictionary<string, object?> test, string @case, bool isInContainer)
    {
        (_test, _case) = (test, @case);
        if (Text(test, "runner") != "HostRunner") throw new InvalidDataException($"runner {Text(test, "runner")}");
        IsInContainer = isInContainer || Context.TryGetValue("container", out var container) && container is not null;
    }

    public string Name => $"{Text(_test, "name")}({_case}{(IsInContainer ? ", in a container" : "")})";

    public string Rule => Text(_test, "rule")!;

    public bool IsInContainer { get; }

    /// <summary>A command for the shell.</summary>
    public string? Before => Text(_test, "before");

    public IEnumerable<Dictionary<string, object?>> Processes => List(Context, "processes");

    public IEnumerable<Dictionary<string, object?>> Resources => List(_test, "resources");

    public IEnumerable<Dictionary<string, object?>> Steps => List(_test, "steps");

    public Dictionary<string, object?> Outcome => Map(_test, "expectedOutcome");

    public Dictionary<string, object?> OutputFields => Map(Outcome, "outputFields");

    Dictionary<string, object?> Context => Map(_test, "context");

    /// <summary>Whether it is for machines like this one.</summary>
    public bool IsForThisMachine
    {
        get
        {
            var condition = Map(Map(_test, "runIf"), "arch");
            if (condition.Count == 0) return true;
            var isIt = Text(condition, "val") == RuntimeInformation.ProcessArchitecture switch { Architecture.Arm64 => "arm64", _ => "amd64" };
            return Text(condition, "op") switch { "ne" => !isIt, "eq" => isIt, var other => throw new InvalidDataException($"runIf {other}") };
        }
    }

    public static string? Text(Dictionary<string, object?> map, string name) => (string?)map.GetValueOrDefault(name);

    public static Dictionary<string, object?> Map(Dictionary<string, object?> map, string name) => (Dictionary<string, object?>?)map.GetValueOrDefault(name) ?? [];

    static IEnumerable<Dictionary<string, object?>> List(Dictionary<string, object?> map, string name) => ((List<object?>?)map.GetValueOrDefault(name) ?? []).Cast<Dictionary<string, object?>>();
}
