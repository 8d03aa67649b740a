namespace Skep.Engine.Hooks;

/// <summary>One field of a tracepoint's record.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its C type as the format file has it.</param>
/// <param name="Offset">Bytes from the record's start.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="IsSigned">Whether it has a sign.</param>
public sealed record TracepointField(string Name, string Type, int Offset, int Size, bool IsSigned)
{
    /// <summary>Whether it only tells where in the record its bytes are.</summary>
    public bool IsDataLocation => Type.StartsWith("__data_loc", StringComparison.Ordinal);

    /// <summary>Whether it is an address.</summary>
    public bool IsPointer => Type.EndsWith('*');
}
