namespace Skep.Bpf.Interop;

/// <summary>Single elements of maps, for code that only has a descriptor.</summary>
static unsafe class MapElement
{
    public static int Update(int map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        fixed (byte* keyPointer = key)
        fixed (byte* valuePointer = value)
        {
            var attr = new MapElementAttr { MapFd = map, Key = BpfSyscall.Pointer(keyPointer), Value = BpfSyscall.Pointer(valuePointer), Flags = flags };
            return BpfSyscall.Invoke(BpfCommand.MapUpdateElem, ref attr);
        }
    }

    public static int Lookup(int map, ReadOnlySpan<byte> key, Span<byte> value)
    {
        fixed (byte* keyPointer = key)
        fixed (byte* valuePointer = value)
        {
            var attr = new MapElementAttr { MapFd = map, Key = BpfSyscall.Pointer(keyPointer), Value = BpfSyscall.Pointer(valuePointer) };
            return BpfSyscall.Invoke(BpfCommand.MapLookupElem, ref attr);
        }
    }

    public static int Delete(int map, ReadOnlySpan<byte> key)
    {
        fixed (byte* keyPointer = key)
        {
            var attr = new MapElementAttr { MapFd = map, Key = BpfSyscall.Pointer(keyPointer) };
            return BpfSyscall.Invoke(BpfCommand.MapDeleteElem, ref attr);
        }
    }
}
