namespace Skep.Agent.KernelTests.Compatibility;

/// <summary>How to run into an example policy, and what its event must then say.</summary>
/// <param name="Act">What to do.</param>
/// <param name="Function">What the event calls its hook.</param>
/// <param name="Fragments">Pieces of the event's JSON.</param>
sealed record Trigger(Action<Scene> Act, string Function, params string[] Fragments)
{
    /// <summary>What an event of <c>loader</c> calls itself.</summary>
    public const string Mapping = "process_loader";

    /// <summary>Changes that a user makes before use: placeholders and the numbers of the author's machine.</summary>
    public Func<string, string> Adapt { get; init; } = static text => text;

    /// <summary>What was changed, for the table; empty for nothing.</summary>
    public string Adapted { get; init; } = "";

    /// <summary>Why the policy cannot be triggered on a kernel on which it runs; null where it can.</summary>
    public Func<string?> Impossible { get; init; } = static () => null;

    /// <summary>Whether an event is the one.</summary>
    public bool IsMetBy(string line, string policy) =>
        // Mappings of files are told for all policies that want them.
        (Function == Mapping || line.Contains($"\"policy_name\":\"{policy}\"", StringComparison.Ordinal))
        && line.Contains($"\"{Function}\"", StringComparison.Ordinal)
        && Fragments.All(f => line.Contains(f, StringComparison.Ordinal));
}
