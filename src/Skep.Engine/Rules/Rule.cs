namespace Skep.Engine.Rules;

/// <summary>One way for an event to be of interest, and what then happens.</summary>
public sealed record Rule
{
    /// <summary>When it matches, by what is known when the hook runs.</summary>
    public Condition When { get; init; } = Condition.True;

    /// <summary>When it matches, by what the function returned; null when that does not matter.</summary>
    public Condition? WhenReturned { get; init; }

    /// <summary>What happens at the hook; an empty list posts.</summary>
    public IReadOnlyList<RuleAction> Actions { get; init; } = [];

    /// <summary>What happens when the function has returned.</summary>
    public IReadOnlyList<RuleAction> ReturnActions { get; init; } = [];

    /// <summary>Name for people; empty for none.</summary>
    public string Label { get; init; } = "";

    /// <summary>Whether its events carry the digest of a file.</summary>
    internal bool WantsDigest => Actions.Any(a => a is PostAction { FileDigest: true });

    /// <summary>Whether it is about some workloads only.</summary>
    public bool IsAboutWorkloads => Names(When) || (WhenReturned is { } returned && Names(returned));

    static bool Names(Condition condition) => condition switch
    {
        WorkloadCondition => true,
        All all => all.Parts.Any(Names),
        Any any => any.Parts.Any(Names),
        Not not => Names(not.Part),
        _ => false,
    };
}
