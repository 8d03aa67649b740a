namespace Skep.Bpf;

/// <summary>The byte order of an object file.</summary>
public enum ByteOrder
{
    /// <summary>Least significant byte first (bpfel).</summary>
    Little,
    /// <summary>Most significant byte first (bpfeb).</summary>
    Big,
}
