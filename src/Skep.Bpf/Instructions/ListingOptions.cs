namespace Skep.Bpf.Instructions;

/// <summary>What a listing shows beside the instructions.</summary>
public sealed class ListingOptions
{
    internal static ListingOptions Plain { get; } = new();

    /// <summary>Source positions, ascending by index; each is printed as a comment before its instruction.</summary>
    public IReadOnlyList<LineInfo> Lines { get; init; } = [];

    /// <summary>Names of functions by the slot index where they start, printed as labels.</summary>
    public IReadOnlyDictionary<int, string> Functions { get; init; } = new Dictionary<int, string>();

    /// <summary>A comment for the instruction at a slot index, or null: the name of a map or a function.</summary>
    public Func<int, string?>? Comment { get; init; }

    /// <summary>Whether the opcode byte is printed before each instruction.</summary>
    public bool ShowBytes { get; init; }
}
