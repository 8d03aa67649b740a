using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Skep.Engine.Records;

/// <summary>A name of up to 15 bytes that a NUL ends: of a program, a map, a network device.</summary>
[InlineArray(16)]
public struct ShortName
{
    byte _first;

    /// <summary>The bytes before the NUL.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Text
    {
        get
        {
            ReadOnlySpan<byte> bytes = this[..];
            var end = bytes.IndexOf((byte)0);
            return end < 0 ? bytes : bytes[..end];
        }
    }
}
