using System.Buffers.Binary;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Engine.Matching;

/// <summary>Texts compared eight bytes at a time.</summary>
static class WordCode
{
    public const int Size = 8;

    /// <summary>The word at an offset; what is beyond the end of the text is zero.</summary>
    public static ulong At(ReadOnlySpan<byte> text, int offset)
    {
        Span<byte> word = stackalloc byte[Size];
        word.Clear();
        if (offset < text.Length) text.Slice(offset, Math.Min(Size, text.Length - offset)).CopyTo(word);
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    /// <summary>Goes on when memory holds the text, else to a label. Loads are naturally sized, so that none goes beyond the text.</summary>
    public static void RequireEqual(CodeBuilder code, Value address, ReadOnlySpan<byte> text, Label otherwise)
    {
        for (var at = 0; at < text.Length;)
        {
            var size = (text.Length - at) switch { >= 8 => 8, >= 4 => 4, >= 2 => 2, _ => 1 };
            var expected = At(text.Slice(at, size), 0);
            var type = size switch { 8 => ScalarType.U64, 4 => ScalarType.U32, 2 => ScalarType.U16, _ => ScalarType.U8 };
            code.GotoIf(code.Load(type, address, at) != code.Constant(expected), otherwise);
            at += size;
        }
    }
}
