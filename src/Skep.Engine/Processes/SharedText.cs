namespace Skep.Engine.Processes;

/// <summary>Bytes that a process has in common with those that it forked; they count once, for as long as one of them is in the tree.</summary>
sealed class SharedText(byte[] bytes)
{
    // Array and object headers, rounding, and this object.
    const int Overhead = 24 + 8 + 32;

    public byte[] Bytes { get; } = bytes;

    public int Holders { get; set; }

    public long Cost => Overhead + Bytes.Length;

    public static SharedText? From(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : new(bytes.ToArray());
}
