using System.Runtime.InteropServices;
using Skep.Bpf;

namespace Skep.Engine.Runtime;

/// <summary>What one program did, summed over CPUs.</summary>
/// <param name="Hook">What it is attached to; <c>process sensor</c> for the engine's own.</param>
/// <param name="Hits">Runs.</param>
/// <param name="Sent">Records sent.</param>
/// <param name="LostRing">Records lost because the ring buffer was full.</param>
/// <param name="LostSlot">Runs without working memory: too many programs had interrupted each other.</param>
/// <param name="LostProcess">Runs without memory for the process's record.</param>
/// <param name="LostCall">Calls of functions whose return was not seen, or that a thread had too many of to remember.</param>
/// <param name="Limited">Events that a rate limit held back.</param>
/// <param name="Missed">Runs that the kernel left out, because it would not run the program, or a kprobe, within itself or another one; no part of <paramref name="Hits"/>.</param>
public sealed record HookStatistics(string Hook, long Hits, long Sent, long LostRing, long LostSlot, long LostProcess, long LostCall, long Limited, long Missed = 0)
{
    /// <summary>Everything that was lost; a run that was left out may have been an event.</summary>
    public long Lost => LostRing + LostSlot + LostProcess + LostCall + Missed;

    /// <summary>Name of the engine's own programs.</summary>
    public const string Sensor = "process sensor";

    /// <summary>Name of what tells mappings of files.</summary>
    public const string Loader = "loader";

    /// <summary>Name of all that the policies of the agent before this one did, since the engine was first attached.</summary>
    public const string FormerAgent = "policies of the former agent";

    /// <summary>Adds what the same program did at another time.</summary>
    public static HookStatistics operator +(HookStatistics one, HookStatistics other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return new HookStatistics(one.Hook, one.Hits + other.Hits, one.Sent + other.Sent, one.LostRing + other.LostRing, one.LostSlot + other.LostSlot,
            one.LostProcess + other.LostProcess, one.LostCall + other.LostCall, one.Limited + other.Limited, one.Missed + other.Missed);
    }

    /// <summary>Reads the first of a generation's counters.</summary>
    internal static IEnumerable<HookStatistics> Read(BpfMap counters, int count, Func<int, string> nameOf)
    {
        var size = (int)counters.ValueSize / sizeof(ulong);
        var values = new ulong[size * PossibleCpus.Count];
        for (var hook = 0; hook < count; hook++)
        {
            if (!counters.TryLookup(BitConverter.GetBytes(hook), MemoryMarshal.AsBytes(values.AsSpan()))) continue;
            long Sum(int field)
            {
                long sum = 0;
                for (var at = field; at < values.Length; at += size) sum += (long)values[at];
                return sum;
            }

            yield return new HookStatistics(nameOf(hook), Sum(0), Sum(1), Sum(2), Sum(3), Sum(5), Sum(6), Sum(4));
        }
    }
}
