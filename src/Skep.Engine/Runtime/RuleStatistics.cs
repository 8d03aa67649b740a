using System.Runtime.InteropServices;
using Skep.Bpf;

namespace Skep.Engine.Runtime;

/// <summary>
/// What one rule of a policy did at one hook. A hook that reports the result of a call may be attached twice, at the entry where it acts and at the return where it
/// posts: then each has its own.
/// </summary>
public sealed record RuleStatistics
{
    /// <summary>Number of outcomes that the kernel counts, <c>enum rule_outcome</c>.</summary>
    const int Outcomes = 9;

    /// <summary>The hook as it is attached.</summary>
    public required string Hook { get; init; }

    /// <summary>Place of the request in <see cref="Rules.Policy.Hooks"/>.</summary>
    public required int Request { get; init; }

    /// <summary>Place of the rule in the request; 0 for a request without any.</summary>
    public required int Rule { get; init; }

    /// <summary>Times that it matched, as far as the kernel can tell; see <see cref="Dropped"/>. Of policies that differ in a constant alone, those whose events arrived.</summary>
    public long Matched { get; init; }

    /// <summary>Matches that an event was sent for.</summary>
    public long Posted { get; init; }

    /// <summary>Matches whose event a rate limit held back.</summary>
    public long Limited { get; init; }

    /// <summary>Matches that are not to be told.</summary>
    public long NotPosted { get; init; }

    /// <summary>Signals sent.</summary>
    public long Signalled { get; init; }

    /// <summary>Signals that were not sent because the policy only monitors.</summary>
    public long WouldSignal { get; init; }

    /// <summary>Errors returned in the function's place.</summary>
    public long Overridden { get; init; }

    /// <summary>Errors that were not returned because the policy only monitors.</summary>
    public long WouldOverride { get; init; }

    /// <summary>Times that the policy's enforcer was notified.</summary>
    public long Notified { get; init; }

    /// <summary>Times that it was not because the policy only monitors.</summary>
    public long WouldNotify { get; init; }

    /// <summary>Posted matches that user space, which decides what the kernel cannot, took back.</summary>
    public long Dropped { get; init; }

    /// <summary>Adds what the same rule did at another time.</summary>
    public static RuleStatistics operator +(RuleStatistics one, RuleStatistics other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one with
        {
            Matched = one.Matched + other.Matched, Posted = one.Posted + other.Posted, Limited = one.Limited + other.Limited, NotPosted = one.NotPosted + other.NotPosted,
            Signalled = one.Signalled + other.Signalled, WouldSignal = one.WouldSignal + other.WouldSignal, Overridden = one.Overridden + other.Overridden,
            WouldOverride = one.WouldOverride + other.WouldOverride, Dropped = one.Dropped + other.Dropped,
            Notified = one.Notified + other.Notified, WouldNotify = one.WouldNotify + other.WouldNotify,
        };
    }

    /// <summary>Adds what the kernel counted, over all CPUs.</summary>
    internal RuleStatistics Read(BpfMap counters, int place)
    {
        const int Size = Outcomes + 1;
        Span<ulong> sums = stackalloc ulong[Size];
        sums.Clear();
        var values = new ulong[Size * PossibleCpus.Count];
        if (!counters.TryLookup(BitConverter.GetBytes(place), MemoryMarshal.AsBytes(values.AsSpan()))) return this;
        for (var i = 0; i < values.Length; i++) sums[i % Size] += values[i];
        return this with
        {
            Matched = (long)sums[0], Posted = (long)sums[1], Signalled = (long)sums[2], Overridden = (long)sums[3], WouldSignal = (long)sums[4],
            WouldOverride = (long)sums[5], Limited = (long)sums[6], NotPosted = (long)sums[7], Notified = (long)sums[8], WouldNotify = (long)sums[9],
        };
    }
}
