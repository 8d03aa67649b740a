using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>One argument of a record of a hook.</summary>
sealed record CapturedArgument(byte[] Bytes, ushort Flags, ushort Extra, ulong Number)
{
    public const int Cut = 1, Unread = 2, Unresolved = 4, Unlinked = 8, Null = 16;

    public string Text => Encoding.Latin1.GetString(Bytes);

    public T Read<T>() where T : unmanaged => MemoryMarshal.Read<T>(Bytes);

    /// <summary>The arguments of a record; null where none was captured.</summary>
    public static CapturedArgument?[] Of(byte[] record)
    {
        var captured = BitConverter.ToUInt32(record, 64);
        var arguments = new CapturedArgument?[BitConverter.ToUInt16(record, 70)];
        for (var i = 0; i < arguments.Length; i++)
        {
            if ((captured & 1u << i) == 0) continue;
            var at = 72 + (8 * i);
            var entry = MemoryMarshal.Read<RecordLayouts.Argument>(record.AsSpan(at));
            var fits = entry.Offset + entry.Length <= record.Length;
            arguments[i] = new CapturedArgument(fits ? record.AsSpan(entry.Offset, entry.Length).ToArray() : [], entry.Flags, entry.Extra, BitConverter.ToUInt64(record, at));
        }
        return arguments;
    }
}
