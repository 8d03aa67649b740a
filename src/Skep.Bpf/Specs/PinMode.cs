namespace Skep.Bpf;

/// <summary>How a map of an object is pinned (libbpf's <c>pinning</c> attribute).</summary>
public enum PinMode
{
    /// <summary>Not pinned.</summary>
    None = 0,
    /// <summary>Pinned as <c>PinRoot/NAME</c>, or taken over from there when it exists and is compatible.</summary>
    ByName = 1,
}
