using System.Buffers;

namespace Skep.Bpf.Interop;

/// <summary>Pointers into a mapping that hold it open.</summary>
static unsafe class MappedMemoryPin
{
    public static nuint AddressOf(MemoryMapping mapping) => (nuint)mapping.Address;

    /// <summary>Counts one user of the mapping until <paramref name="owner"/> is unpinned.</summary>
    public static MemoryHandle Take(MemoryMapping mapping, int offset, IPinnable owner)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((nuint)offset, mapping.Length);
        var added = false;
        mapping.DangerousAddRef(ref added);
        return new MemoryHandle(mapping.Address + offset, default, owner);
    }
}
