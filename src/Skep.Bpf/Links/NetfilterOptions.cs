namespace Skep.Bpf;

/// <summary>Where a netfilter program runs.</summary>
public sealed record NetfilterOptions
{
    /// <summary>Protocol family.</summary>
    public NetfilterFamily Family { get; init; } = NetfilterFamily.IPv4;

    /// <summary>Place in the path of a packet.</summary>
    public NetfilterHook Hook { get; init; } = NetfilterHook.LocalIn;

    /// <summary>Order among hooks; lower runs first; not the least or greatest of its type.</summary>
    public int Priority { get; init; }

    /// <summary>Join fragments before the program sees a packet; needs a priority above -400.</summary>
    public bool Defragment { get; init; }
}
