using Skep.Bpf;

namespace Skep.Cli.Bpf;

/// <summary>One function of a program in machine code.</summary>
/// <param name="Function">Its name, or its number where it has none.</param>
/// <param name="Address">Where it starts in the kernel, in hexadecimal; null when the kernel hides addresses.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Bytes">Its code in hexadecimal.</param>
sealed record MachineCode(string Function, string? Address, int Length, string Bytes)
{
    const int BytesPerLine = 16;

    /// <summary>The functions, which the kernel hands out one after the other.</summary>
    public static List<MachineCode> Of(ProgramCode code)
    {
        var result = new List<MachineCode>();
        var offset = 0;
        for (var i = 0; i < Math.Max(1, code.Functions.Count); i++)
        {
            var function = i < code.Functions.Count ? code.Functions[i] : default;
            var left = code.Jited.Length - offset;
            // Without lengths (a hidden kernel pointer hides them too) everything is one piece.
            var length = function.JitedLength == 0 ? left : (int)Math.Min(function.JitedLength, (uint)left);
            if (length == 0) break;
            result.Add(new MachineCode(
                string.IsNullOrEmpty(function.Name) ? $"function {i}" : function.Name, function.Address == 0 ? null : $"0x{function.Address:x}", length,
                Convert.ToHexStringLower(code.Jited.Span.Slice(offset, length))));
            offset += length;
        }
        return result;
    }

    /// <summary>Sixteen bytes a line, with addresses where the kernel shows them, else with offsets.</summary>
    public void Write(TextWriter output)
    {
        output.WriteLine($"{Function}: {Length} bytes{(Address is null ? "" : $" at {Address}")}");
        var start = Address is null ? 0 : Convert.ToUInt64(Address, 16);
        var line = new char[BytesPerLine * 3];
        for (var i = 0; i < Length; i += BytesPerLine)
        {
            var count = Math.Min(BytesPerLine, Length - i);
            for (var j = 0; j < count; j++)
            {
                line[j * 3] = ' ';
                Bytes.AsSpan((i + j) * 2, 2).CopyTo(line.AsSpan(j * 3 + 1));
            }
            output.WriteLine($"  {start + (ulong)i:x}: {line.AsSpan(0, count * 3)}");
        }
    }
}
