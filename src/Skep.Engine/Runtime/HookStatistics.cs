namespace Skep.Engine.Runtime;

/// <summary>What one program did, summed over CPUs.</summary>
/// <param name="Hook">What it is attached to; <c>process sensor</c> for the engine's own.</param>
/// <param name="Hits">Runs.</param>
/// <param name="Sent">Records sent.</param>
/// <param name="LostRing">Records lost because the ring buffer was full.</param>
/// <param name="LostSlot">Runs without working memory: too many programs had interrupted each other.</param>
/// <param name="LostProcess">Runs without memory for the process's record.</param>
/// <param name="Limited">Events that a rate limit held back.</param>
public sealed record HookStatistics(string Hook, long Hits, long Sent, long LostRing, long LostSlot, long LostProcess, long Limited)
{
    /// <summary>Everything that was lost.</summary>
    public long Lost => LostRing + LostSlot + LostProcess;
}
